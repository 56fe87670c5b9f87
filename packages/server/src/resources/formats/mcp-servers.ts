// `{"mcpServers": {"name": {…}}}`: Claude Desktop, Claude Code (.mcp.json), Cursor, Cline, Windsurf.
// What else such a file holds belongs to its program.

import { isRecord } from '../is-record.ts';
import { readClientMap } from './client-entry.ts';
import type { ReadFormat } from './format.ts';

export const readMcpServers: ReadFormat = ({ mcpServers }, folder) =>
  isRecord(mcpServers) ? readClientMap(mcpServers, { format: 'mcp-servers', key: 'mcpServers', folder }) : [];
