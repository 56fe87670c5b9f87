// What the bench's MCP servers answer. Results are prebuilt bytes, so that a server costs as little as it can.

import { isRecord } from '../load/json.ts';
import type { Era } from '../load/requests.ts';

export const BIG_RESULT_BYTES = 100_000;

/** Text as a file has it: ASCII, a line break and a pair of quotes in each line. */
export function bigText(bytes: number): string {
  const lines: string[] = [];
  let size = 0;
  for (let line = 1; size < bytes; line += 1) {
    const text = `${String(line).padStart(5)}  const value${line % 97} = read("setting-${line % 13}", fallback);\n`;
    lines.push(text);
    size += text.length;
  }
  return lines.join('').slice(0, bytes);
}

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
}

interface Incoming {
  readonly id: string | number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const INFO = '{"name":"bench-upstream","version":"1.0.0"}';
const CAPABILITIES = '{"tools":{"listChanged":true}}';

/** Answers one JSON-RPC message; undefined when it needs no answer. */
export type Answer = (text: string) => Buffer | undefined;

/** `listed` is asked at each list, so that the tools may change. */
export function createAnswer(era: Era, listed: () => readonly ToolSpec[]): Answer {
  const modern = era === 'modern';
  const complete = modern ? '"resultType":"complete",' : '';
  const bigTail = Buffer.from(
    `,"result":{${complete}"content":[{"type":"text","text":${JSON.stringify(bigText(BIG_RESULT_BYTES))}}]}}`,
  );

  const call = (id: string, params: Incoming['params']): Buffer => {
    if (params['name'] === 'big') return Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${id}`), bigTail]);
    const text = isRecord(params['arguments']) ? params['arguments']['text'] : '';
    return reply(id, `{${complete}"content":[{"type":"text","text":${JSON.stringify(text)}}]}`);
  };

  return (text) => {
    const message = parseIncoming(text);
    if (message === undefined) return undefined;
    const id = JSON.stringify(message.id);
    switch (message.method) {
      case 'tools/call':
        return call(id, message.params);
      case 'tools/list':
        return reply(
          id,
          `{${complete}"tools":${listText(listed())}${modern ? ',"ttlMs":0,"cacheScope":"public"' : ''}}`,
        );
      case 'ping':
        return reply(id, '{}');
      case 'initialize':
        if (modern) break;
        return reply(
          id,
          `{"protocolVersion":"2025-11-25","capabilities":${CAPABILITIES},"serverInfo":${INFO}}`,
        );
      case 'server/discover':
        if (!modern) break;
        return reply(
          id,
          `{${complete}"supportedVersions":["2026-07-28"],"capabilities":${CAPABILITIES},"ttlMs":0,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":${INFO}}}`,
        );
      default:
    }
    return Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"Method not found"}}`);
  };
}

/** The tools of one server: `echo`, `big`, then as many others as asked for. */
export function toolSpecs(count: number, label = ''): ToolSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    name: index === 0 ? 'echo' : index === 1 ? 'big' : `tool_${String(index).padStart(3, '0')}`,
    description: `Bench tool ${index}${label}. It reads a record by its key and returns it as text, as most tools do.`,
  }));
}

const SCHEMA =
  '{"type":"object","properties":{"text":{"type":"string","description":"What to answer"},"key":{"type":"string"}}}';

function listText(tools: readonly ToolSpec[]): string {
  const items = tools.map(
    (tool) =>
      `{"name":${JSON.stringify(tool.name)},"description":${JSON.stringify(tool.description)},"inputSchema":${SCHEMA}}`,
  );
  return `[${items.join(',')}]`;
}

function reply(id: string, result: string): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
}

/** The request in the text, or undefined for a notification or a response. */
function parseIncoming(text: string): Incoming | undefined {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return undefined;
  const { id, method, params } = value;
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof method !== 'string') return undefined;
  return { id, method, params: isRecord(params) ? params : {} };
}
