// Carries messages between a pipe and the HTTP endpoint, for clients of both eras, as they are: a message a line on the
// pipe, a POST each on the other side, with the headers that HTTP wants of its era.

import type { Readable, Writable } from 'node:stream';
import {
  createLineSplitter,
  createSseParser,
  ENVELOPE,
  errorResponse,
  isScanFailure,
  type Message,
  scanMessage,
  spanText,
  stringValue,
} from '@tutti/wire';

/** Largest message in either direction. */
const MAX_MESSAGE_BYTES = 64 << 20;

export interface Bridge {
  /** Resolves when stdin has ended and all requests are answered. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

export function createBridge(options: {
  readonly url: URL;
  readonly stdin: Readable;
  readonly stdout: Writable;
}): Bridge {
  const { url, stdin, stdout } = options;
  const abort = new AbortController();
  const posts = new Set<Promise<void>>();
  /** The standing stream, which does not end by itself. */
  let listening: Promise<void> | undefined;
  /** Open requests by the JSON text of their ids, so that a modern client can cancel by closing its stream. */
  const requests = new Map<string, AbortController>();
  let session: string | undefined;
  /** Until the session is known, what follows `initialize` has to wait for it. */
  let ready: Promise<void> = Promise.resolve();
  const { promise: done, resolve: settle } = Promise.withResolvers<void>();

  function out(message: Buffer): void {
    stdout.write(Buffer.concat([onOneLine(message), NEWLINE]));
  }

  function take(line: Buffer): void {
    const bytes = Buffer.from(line);
    const message = scanMessage(bytes);
    if (isScanFailure(message)) {
      const id = message.id === undefined ? undefined : spanText(bytes, message.id);
      return out(errorResponse(id, message.kind === 'parse' ? -32700 : -32600, message.reason));
    }
    const modern = message.metaMembers.has(ENVELOPE.protocolVersion);
    if (message.method === 'notifications/cancelled' && session === undefined) return cancel(message);
    const before = ready;
    const sent = before.then(() => post(message, modern));
    if (message.method === 'initialize') ready = sent;
    track(sent);
  }

  function track(work: Promise<void>): void {
    posts.add(work);
    void work.finally(() => posts.delete(work));
  }

  function cancel(message: Message): void {
    const place = message.members.get('requestId');
    if (place !== undefined) requests.get(spanText(message.bytes, place))?.abort();
  }

  async function post(message: Message, modern: boolean): Promise<void> {
    const id =
      message.kind === 'request' && message.id !== undefined
        ? spanText(message.bytes, message.id)
        : undefined;
    const own = new AbortController();
    if (id !== undefined) requests.set(id, own);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: modern ? modernHeaders(message) : legacyHeaders(session),
        body: Uint8Array.from(message.bytes),
        signal: AbortSignal.any([abort.signal, own.signal]),
      });
      if (message.method === 'initialize') session = response.headers.get('mcp-session-id') ?? undefined;
      await receive(response);
      if (message.method === 'notifications/initialized') listening ??= listen();
    } catch (error) {
      if (abort.signal.aborted || own.signal.aborted || id === undefined) return;
      const reason = error instanceof Error ? error.message : String(error);
      out(errorResponse(id, -32000, `tutti can't be reached: ${reason}`));
    } finally {
      if (id !== undefined) requests.delete(id);
    }
  }

  /** The stream of a session for what belongs to no request. */
  async function listen(): Promise<void> {
    if (session === undefined) return;
    const headers = { ...legacyHeaders(session), accept: 'text/event-stream' };
    try {
      await receive(await fetch(url, { headers, signal: abort.signal }));
    } catch {
      // The host is gone, which is noticed elsewhere, or we are.
    }
  }

  async function receive(response: Response): Promise<void> {
    if (response.body === null) return;
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('text/event-stream')) {
      const body = Buffer.from(await response.arrayBuffer());
      if (body.length > 0) out(body);
      return;
    }
    const parser = createSseParser({
      maxEventBytes: MAX_MESSAGE_BYTES,
      onEvent: (event) => {
        if (event.data.length > 0) out(event.data);
      },
      onRetry: () => undefined,
      onOversize: () => undefined,
    });
    for await (const chunk of response.body) parser.push(Buffer.from(chunk));
  }

  const splitter = createLineSplitter({
    maxLineBytes: MAX_MESSAGE_BYTES,
    onLine: take,
    onOversize: () =>
      out(errorResponse(undefined, -32600, `A message is larger than ${MAX_MESSAGE_BYTES} bytes.`)),
  });
  const finish = (): void => {
    splitter.end();
    void Promise.allSettled(posts).then(() => settle());
  };
  stdin.on('data', (chunk: Buffer) => splitter.push(chunk));
  stdin.once('end', finish);
  stdin.once('close', finish);
  // A client that is gone reads nothing any more.
  stdout.on('error', () => settle());

  return {
    done,
    async close() {
      if (session !== undefined) {
        await fetch(url, {
          method: 'DELETE',
          headers: legacyHeaders(session),
          signal: AbortSignal.timeout(GOODBYE_MS),
        }).catch(() => undefined);
      }
      abort.abort();
      stdin.destroy();
      await Promise.allSettled([...posts, listening]);
    },
  };
}

const GOODBYE_MS = 2_000;
const NEWLINE = Buffer.from('\n');
const ACCEPT = 'application/json, text/event-stream';

function legacyHeaders(session: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept: ACCEPT };
  if (session !== undefined) headers['mcp-session-id'] = session;
  return headers;
}

function modernHeaders(message: Message): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept: ACCEPT };
  const version = message.metaMembers.get(ENVELOPE.protocolVersion);
  const revision = version === undefined ? undefined : stringValue(message.bytes, version);
  if (revision !== undefined) headers['mcp-protocol-version'] = revision;
  if (message.method !== undefined) headers['mcp-method'] = message.method;
  const named = message.members.get('name') ?? message.members.get('uri') ?? message.members.get('taskId');
  const name = named === undefined ? undefined : stringValue(message.bytes, named);
  if (name !== undefined) headers['mcp-name'] = `=?base64?${Buffer.from(name).toString('base64')}?=`;
  return headers;
}

/** Newlines stand only between tokens of JSON, where a space is as good. */
function onOneLine(message: Buffer): Buffer {
  if (!message.includes(0x0a) && !message.includes(0x0d)) return message;
  return Buffer.from(message.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
}
