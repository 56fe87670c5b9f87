// One caller: a keep-alive connection with one call in flight. It checks every answer, then sends the next call.

import { BIG_RESULT_BYTES, bigText } from '../upstreams/answers.ts';
import { isRecord } from './json.ts';
import { openConnection, type Connection } from './connection.ts';
import {
  callId,
  callRequest,
  ECHO_TEXT,
  initializedRequest,
  initializeRequest,
  numberCall,
  type Era,
  type Payload,
} from './requests.ts';
import { headerOf, type Response } from './response.ts';

/** One answer in so many is parsed in full; of the others the bytes of the id and the payload are compared. */
const PARSE_EVERY = 64;
const BIG_BYTES = Buffer.from(JSON.stringify(bigText(BIG_RESULT_BYTES)));

export interface CallerOptions {
  readonly url: URL;
  readonly era: Era;
  readonly tool: string;
  readonly payload: Payload;
  /** Legacy: undefined opens a session of its own; a modern caller has none. */
  readonly sessionId: string | undefined;
  /** Callers number their calls index, index + stride, …, so that ids differ within a shared session. */
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
  const { url, era, payload } = options;
  let connection = await openConnection(url);
  const sessionId =
    era === 'legacy' && options.sessionId === undefined
      ? await openSession(connection, url)
      : options.sessionId;
  const call = callRequest({ url, era, sessionId }, options.tool, payload);
  let sequence = options.index;

  const loop = (deadline: number, record: (latencyMs: number) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      let sentAt = 0;
      let id = 0;
      const send = (): void => {
        id = callId(sequence);
        sequence += options.stride;
        numberCall(call, id);
        sentAt = performance.now();
        connection.write(call.bytes);
      };
      const answered = (response: Response): void => {
        const now = performance.now();
        record(now - sentAt);
        const wrong = findWrong(response, id, payload, sequence % PARSE_EVERY < options.stride);
        if (wrong !== undefined) reject(new Error(wrong));
        else if (now >= deadline) resolve();
        else send();
      };
      connection.receive(answered, reject);
      send();
    });

  return {
    sessionId,
    run: async (deadline, record) => {
      // A server may close what was idle between two runs.
      if (connection.closed()) connection = await openConnection(url);
      await loop(deadline, record);
    },
    close: () => connection.close(),
  };
}

async function openSession(connection: Connection, url: URL): Promise<string | undefined> {
  const opened = await connection.ask(initializeRequest(url));
  if (opened.status !== 200)
    throw new Error(`initialize: HTTP ${opened.status} ${opened.text.slice(0, 500)}`);
  const sessionId = headerOf(opened, 'mcp-session-id');
  const confirmed = await connection.ask(initializedRequest({ url, era: 'legacy', sessionId }));
  if (confirmed.status >= 300) throw new Error(`initialized: HTTP ${confirmed.status} ${confirmed.text}`);
  return sessionId;
}

/** What is wrong with the answer: status, id or payload. */
function findWrong(response: Response, id: number, payload: Payload, full: boolean): string | undefined {
  const { body } = response;
  const describe = (what: string): string =>
    `${what}: HTTP ${response.status} ${body.subarray(0, 500).toString()}`;
  if (response.status !== 200) return describe('not an answer');
  if (full) return findWrongParsed(response, id, payload);
  if (body.indexOf(`"id":${id}`) === -1) return describe(`no id ${id}`);
  if (body.indexOf(payload === 'small' ? `"${id}${ECHO_TEXT}"` : BIG_BYTES) === -1)
    return describe('wrong payload');
  return undefined;
}

function findWrongParsed(response: Response, id: number, payload: Payload): string | undefined {
  const text = response.body.toString();
  const data = /^data: ?(\{.*)$/m.exec(text)?.[1] ?? text;
  const answer: unknown = JSON.parse(data);
  const expected = payload === 'small' ? `${id}${ECHO_TEXT}` : bigText(BIG_RESULT_BYTES);
  const found = readAnswer(answer);
  if (found.id === id && found.text === expected) return undefined;
  return `wrong answer to ${id}: ${data.slice(0, 500)}`;
}

function readAnswer(value: unknown): { readonly id?: unknown; readonly text?: unknown } {
  if (!isRecord(value) || !isRecord(value['result'])) return {};
  const { content } = value['result'];
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  return { id: value['id'], text: isRecord(first) ? first['text'] : undefined };
}
