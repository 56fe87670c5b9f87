// A raw conversation with an MCP server over stdio: exact lines out, exact lines in.

import { eventually } from './eventually.ts';
import { memberText } from './json-text.ts';
import { MODERN, withEnvelope, type ModernOptions } from './raw-client.ts';
import { startProcess, type ProcessOptions, type TestProcess } from './process.ts';

export interface RawStdio extends AsyncDisposable {
  readonly process: TestProcess;
  /** Every line that came, without its end. */
  readonly lines: readonly string[];
  send(line: string): void;
  /** The first line, old or new, that the predicate likes. */
  find(what: string, predicate: (line: string) => boolean): Promise<string>;
  /** Sends a request and returns the line of its response. */
  request(method: string, paramsText?: string, idText?: string): Promise<string>;
  /** The same with the envelope of the modern era. */
  modern(method: string, paramsText?: string, options?: ModernOptions): Promise<string>;
  /** Shakes hands as a client of the old era; returns the response. */
  initialize(capabilities?: string, protocolVersion?: string): Promise<string>;
  close(): Promise<void>;
}

export function openStdio(command: string, args: readonly string[], options: ProcessOptions = {}): RawStdio {
  const process = startProcess(command, args, options);
  const lines: string[] = [];
  let rest = '';
  let lastId = 0;
  const decoder = new TextDecoder();
  process.child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });

  const send = (line: string): void => void process.child.stdin.write(`${line}\n`);
  const find: RawStdio['find'] = (what, predicate) => eventually(() => lines.find(predicate), { what });
  const request: RawStdio['request'] = async (method, paramsText, idText) => {
    const id = idText ?? String((lastId += 1));
    const params = paramsText === undefined ? '' : `,"params":${paramsText}`;
    send(`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}${params}}`);
    return find(`the response to ${method}`, (line) => isResponse(line, id));
  };
  return {
    process,
    lines,
    send,
    find,
    request,
    modern: (method, paramsText = '{}', more = {}) =>
      request(method, withEnvelope(paramsText, more.protocolVersion ?? MODERN, more), more.id),
    initialize: async (capabilities = '{}', version = '2025-11-25') => {
      const info = '{"name":"raw-client","version":"1.0.0"}';
      const params = `{"protocolVersion":"${version}","capabilities":${capabilities},"clientInfo":${info}}`;
      const response = await request('initialize', params);
      send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
      return response;
    },
    close: process.close,
    [Symbol.asyncDispose]: process.close,
  };
}

function isResponse(line: string, id: string): boolean {
  try {
    return memberText(line, 'id') === id && memberText(line, 'method') === undefined;
  } catch {
    return false;
  }
}
