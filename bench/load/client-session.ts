// A plain legacy client over fetch, for all that is not the load itself.

import { isRecord } from './json.ts';
import { LEGACY_VERSION } from './requests.ts';

export interface ListPage {
  readonly tools: readonly string[];
  readonly nextCursor: string | undefined;
}

export interface ClientSession {
  listPage(cursor: string | undefined): Promise<ListPage>;
  /** The page as it came: see `readPage`. */
  fetchPage(cursor: string | undefined): Promise<string>;
  /** All pages. */
  listTools(): Promise<string[]>;
  /** The answer as it came. */
  call(tool: string, args: object): Promise<string>;
  ping(): Promise<void>;
  /** The standing stream; yields each event's data. */
  events(signal: AbortSignal): AsyncIterable<string>;
  close(): Promise<void>;
}

export async function openClient(url: string): Promise<ClientSession> {
  let sessionId: string | undefined;
  const headers = (): Record<string, string> => ({
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': LEGACY_VERSION,
    ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
  });

  const post = async (body: string): Promise<string> => {
    const response = await fetch(url, { method: 'POST', headers: headers(), body });
    const text = await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status} ${text.slice(0, 500)}`);
    sessionId ??= response.headers.get('mcp-session-id') ?? undefined;
    return /^data: ?(\{.*)$/m.exec(text)?.[1] ?? text;
  };

  const fetchPage = (cursor: string | undefined): Promise<string> => {
    const params = cursor === undefined ? '{}' : JSON.stringify({ cursor });
    return post(`{"jsonrpc":"2.0","id":2,"method":"tools/list","params":${params}}`);
  };
  const listPage = async (cursor: string | undefined): Promise<ListPage> => readPage(await fetchPage(cursor));

  const clientInfo = '"capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}';
  await post(
    `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"${LEGACY_VERSION}",${clientInfo}}}`,
  );
  await post('{"jsonrpc":"2.0","method":"notifications/initialized"}');

  return {
    fetchPage,
    listPage,
    call: (tool, args) =>
      post(
        `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":${JSON.stringify({ name: tool, arguments: args })}}`,
      ),
    async ping() {
      await post('{"jsonrpc":"2.0","id":4,"method":"ping"}');
    },
    async listTools() {
      const all: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listPage(cursor);
        all.push(...page.tools);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return all;
    },
    async *events(signal) {
      const response = await fetch(url, {
        headers: { ...headers(), accept: 'text/event-stream' },
        signal,
      });
      if (!response.ok || response.body === null) throw new Error(`no event stream: HTTP ${response.status}`);
      let rest = '';
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim();
      }
    },
    async close() {
      const response = await fetch(url, { method: 'DELETE', headers: headers() });
      await response.body?.cancel();
    },
  };
}

export function readPage(text: string): ListPage {
  const answer: unknown = JSON.parse(text);
  const result = isRecord(answer) ? answer['result'] : undefined;
  if (!isRecord(result) || !Array.isArray(result['tools'])) throw new Error(`no list: ${text.slice(0, 500)}`);
  const listed: readonly unknown[] = result['tools'];
  const tools = listed.map((tool) => (isRecord(tool) ? String(tool['name']) : ''));
  const { nextCursor } = result;
  return { tools, nextCursor: typeof nextCursor === 'string' ? nextCursor : undefined };
}
