// One caller: a keep-alive connection with one call in flight. It checks every answer, then sends the next call.

import { connect, type Socket } from 'node:net';
import { BIG_RESULT_BYTES, bigText } from '../upstreams/answers.ts';
import {
  callId,
  callRequest,
  ECHO_TEXT,
  initializedRequest,
  initializeRequest,
  numberCall,
  type Endpoint,
  type Era,
  type Payload,
} from './requests.ts';
import { createResponseReader, headerOf, type Response } from './response.ts';

const READ_BUFFER_BYTES = 65_536;
/** One answer in so many is parsed in full; the others are compared byte by byte where it matters. */
const PARSE_EVERY = 64;
const BIG_BYTES = Buffer.from(JSON.stringify(bigText(BIG_RESULT_BYTES)));

export interface CallerOptions {
  readonly url: URL;
  readonly era: Era;
  readonly tool: string;
  readonly payload: Payload;
  /** Legacy: undefined opens a session of its own; a modern caller has none. */
  readonly sessionId: string | undefined;
  /** Distinguishes the ids of callers that share a session. */
  readonly index: number;
  readonly stride: number;
}

export interface Caller {
  readonly sessionId: string | undefined;
  /** Calls until the deadline (performance.now) has passed; the latency of each call, in milliseconds, is recorded. */
  run(deadline: number, record: (latencyMs: number) => void): Promise<void>;
  close(): void;
}

export async function openCaller(options: CallerOptions): Promise<Caller> {
  let answered: (response: Response) => void = () => {
    throw new Error('an answer that nobody asked for');
  };
  let failed: (error: Error) => void = (error) => {
    throw error;
  };
  const socket = await openSocket(
    options.url,
    createResponseReader((response) => answered(response)),
    (error) => failed(error),
  );

  const ask = (bytes: Buffer): Promise<{ status: number; sessionId: string | undefined; text: string }> =>
    new Promise((resolve, reject) => {
      failed = reject;
      answered = (response) =>
        resolve({
          status: response.status,
          sessionId: headerOf(response, 'mcp-session-id'),
          text: response.body.toString(),
        });
      socket.write(bytes);
    });

  let sessionId = options.sessionId;
  if (options.era === 'legacy' && sessionId === undefined) {
    const opened = await ask(initializeRequest(options.url));
    if (opened.status !== 200) throw new Error(`initialize: HTTP ${opened.status} ${opened.text.slice(0, 500)}`);
    sessionId = opened.sessionId;
    const endpoint = { url: options.url, era: options.era, sessionId };
    const confirmed = await ask(initializedRequest(endpoint));
    if (confirmed.status >= 300) throw new Error(`initialized: HTTP ${confirmed.status} ${confirmed.text}`);
  }

  const endpoint: Endpoint = { url: options.url, era: options.era, sessionId };
  const call = callRequest(endpoint, options.tool, options.payload);
  let sequence = options.index;

  return {
    sessionId,
    run: (deadline, record) =>
      new Promise((resolve, reject) => {
        let sentAt = 0;
        let id = 0;
        const send = (): void => {
          id = callId(sequence);
          sequence += options.stride;
          numberCall(call, id);
          sentAt = performance.now();
          socket.write(call.bytes);
        };
        failed = reject;
        answered = (response) => {
          const now = performance.now();
          record(now - sentAt);
          const wrong = findWrong(response, id, options.payload, sequence % PARSE_EVERY < options.stride);
          if (wrong !== undefined) reject(new Error(wrong));
          else if (now >= deadline) resolve();
          else send();
        };
        send();
      }),
    close: () => {
      failed = () => undefined;
      socket.destroy();
    },
  };
}

function openSocket(
  url: URL,
  read: (chunk: Buffer) => void,
  onFailure: (error: Error) => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
        callback: (size, buffer) => {
          try {
            read(Buffer.from(buffer.buffer, buffer.byteOffset, size));
          } catch (error) {
            onFailure(error instanceof Error ? error : new Error(String(error)));
          }
          return true;
        },
      },
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', onFailure);
      socket.on('close', () => onFailure(new Error('the connection was closed')));
      resolve(socket);
    });
  });
}

/** What is wrong with the answer: status, id or payload. */
function findWrong(response: Response, id: number, payload: Payload, full: boolean): string | undefined {
  const { body } = response;
  const describe = (what: string): string =>
    `${what}: HTTP ${response.status} ${body.subarray(0, 500).toString()}`;
  if (response.status !== 200) return describe('not an answer');
  if (full) return parseWrong(response, id, payload);
  const idAt = body.indexOf(`"id":${id}`);
  if (idAt === -1) return describe(`no id ${id}`);
  const expected = payload === 'small' ? `"${id}${ECHO_TEXT}"` : BIG_BYTES;
  if (body.indexOf(expected) === -1) return describe('wrong payload');
  return undefined;
}

function parseWrong(response: Response, id: number, payload: Payload): string | undefined {
  const text = response.body.toString();
  const data = /^data: ?(\{.*)$/m.exec(text)?.[1] ?? text;
  const answer: unknown = JSON.parse(data);
  const expected = payload === 'small' ? `${id}${ECHO_TEXT}` : bigText(BIG_RESULT_BYTES);
  const found = readAnswer(answer);
  if (found.id === id && found.text === expected) return undefined;
  return `wrong answer to ${id}: ${data.slice(0, 500)}`;
}

function readAnswer(value: unknown): { id?: unknown; text?: unknown } {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('result' in value)) return {};
  const { id, result } = value;
  if (typeof result !== 'object' || result === null || !('content' in result)) return { id };
  const content: unknown = Array.isArray(result.content) ? result.content[0] : undefined;
  if (typeof content !== 'object' || content === null || !('text' in content)) return { id };
  return { id, text: content.text };
}
