// Reads one file's content and gives its servers by name and its problems as lines.

import type { McpServerResource } from '@tutti/schemas';
import { formatProblem } from '../../src/resources/problem.ts';
import { readDocuments } from '../../src/resources/read-documents.ts';

export function read(path: string, content: unknown) {
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
  const { servers, problems } = readDocuments(path, text);
  const byName: Record<string, McpServerResource> = {};
  for (const server of servers) byName[server.name] = server;
  return { servers: byName, problems: problems.map((problem) => formatProblem(problem)) };
}

/** What a foreign format had beyond ours. */
export function imported(server: McpServerResource | undefined): unknown {
  return server?.spec.metadata['tutti.dev/imported'];
}
