// The MCP clients that Tutti can be added to: the line that adds it, and the file and entry for those who edit.

import { join } from 'node:path';

export interface ClientPlaces {
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a client reaches Tutti: over HTTP, or by starting a command that bridges stdin and stdout. */
export interface Endpoint {
  readonly mcpUrl: string;
  readonly stdio: { readonly command: string; readonly args: readonly string[] };
}

export interface Client {
  readonly id: string;
  readonly title: string;
  readonly configPath: (places: ClientPlaces) => string;
  readonly format: 'json' | 'toml';
  /** The member of the file that holds the servers. */
  readonly serversKey: string;
  readonly entry: (endpoint: Endpoint) => Readonly<Record<string, unknown>>;
  /** A command to run or a link to open; undefined when the file is the only way. */
  readonly addLine: ((mcpUrl: string) => string) | undefined;
}

/** The name of Tutti's entry in a client. */
export const ENTRY_NAME = 'tutti';

export const CLIENTS: readonly Client[] = [
  {
    id: 'claude-code',
    title: 'Claude Code',
    configPath: ({ home }) => join(home, '.claude.json'),
    format: 'json',
    serversKey: 'mcpServers',
    entry: ({ mcpUrl }) => ({ type: 'http', url: mcpUrl }),
    addLine: (mcpUrl) => `claude mcp add --transport http ${ENTRY_NAME} ${mcpUrl}`,
  },
  {
    id: 'codex',
    title: 'Codex',
    configPath: ({ home, env }) => join(env['CODEX_HOME'] ?? join(home, '.codex'), 'config.toml'),
    format: 'toml',
    serversKey: 'mcp_servers',
    entry: ({ mcpUrl }) => ({ url: mcpUrl }),
    addLine: (mcpUrl) => `codex mcp add ${ENTRY_NAME} --url ${mcpUrl}`,
  },
  {
    id: 'vscode',
    title: 'VS Code',
    configPath: (places) => join(appSupport(places), 'Code', 'User', 'mcp.json'),
    format: 'json',
    serversKey: 'servers',
    entry: ({ mcpUrl }) => ({ type: 'http', url: mcpUrl }),
    addLine: (mcpUrl) =>
      `code --add-mcp '${JSON.stringify({ name: ENTRY_NAME, type: 'http', url: mcpUrl })}'`,
  },
  {
    id: 'cursor',
    title: 'Cursor',
    configPath: ({ home }) => join(home, '.cursor', 'mcp.json'),
    format: 'json',
    serversKey: 'mcpServers',
    entry: ({ mcpUrl }) => ({ url: mcpUrl }),
    addLine: (mcpUrl) => {
      const config = Buffer.from(JSON.stringify({ url: mcpUrl })).toString('base64');
      return `cursor://anysphere.cursor-deeplink/mcp/install?name=${ENTRY_NAME}&config=${encodeURIComponent(config)}`;
    },
  },
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    configPath: (places) => join(appSupport(places), 'Claude', 'claude_desktop_config.json'),
    format: 'json',
    serversKey: 'mcpServers',
    entry: ({ stdio }) => ({ command: stdio.command, args: stdio.args }),
    addLine: undefined,
  },
];

/** Where the configuration of other tools may hold MCP servers, by the word that `tutti import` takes. */
export const IMPORT_PLACES: Readonly<Record<string, (places: ClientPlaces, cwd: string) => string[]>> = {
  claude: (places, cwd) => [
    pathOf('claude-desktop', places),
    pathOf('claude-code', places),
    join(cwd, '.mcp.json'),
  ],
  cursor: (places, cwd) => [pathOf('cursor', places), join(cwd, '.cursor', 'mcp.json')],
  vscode: (places, cwd) => [pathOf('vscode', places), join(cwd, '.vscode', 'mcp.json')],
  codex: (places, cwd) => [pathOf('codex', places), join(cwd, '.codex', 'config.toml')],
};

export function findClient(id: string): Client | undefined {
  return CLIENTS.find((client) => client.id === id);
}

function pathOf(id: string, places: ClientPlaces): string {
  const client = findClient(id);
  if (client === undefined) throw new Error(`no client ${id}`);
  return client.configPath(places);
}

function appSupport({ home, platform, env }: ClientPlaces): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env['APPDATA'] ?? join(home, 'AppData', 'Roaming');
  return env['XDG_CONFIG_HOME'] ?? join(home, '.config');
}
