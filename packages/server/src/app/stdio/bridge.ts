// Carries messages between a pipe and the HTTP endpoint, for clients of both eras, as they are: a message a line on the
// pipe, a POST each on the other side. What HTTP says beside the messages, of sessions and refusals, a client behind a
// pipe can't hear: it is settled here, or said as the answer to the request that it is about.

import type { Readable, Writable } from 'node:stream';
import {
  createLineSplitter,
  errorResponse,
  isScanFailure,
  type Message,
  scanMessage,
  spanText,
} from '@tutti/wire';
import { Agent, type Dispatcher, request } from 'undici';
import { backoffDelayMs } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { createConversation } from './conversation.ts';
import { createOpenAsks } from './open-asks.ts';
import { oversizedRequestId } from './oversized-request.ts';
import { createOutbox } from './outbox.ts';
import { legacyHeaders, modernHeaders, type Outgoing, readLine } from './outgoing.ts';
import { createOwed, type Owed } from './owed.ts';
import { MAX_MESSAGE_BYTES, readReply } from './reply-body.ts';

const TOO_LARGE = `The message is larger than ${MAX_MESSAGE_BYTES} bytes, which is the limit; send less.`;
const GOODBYE_MS = 2_000;
/** From the end of the standing stream to the next one. */
const LISTEN_BACKOFF = { initialMs: 250, factor: 2, maxMs: 30_000, jitter: 0.2 };

export interface BridgeOptions {
  readonly url: URL;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly clock: Clock;
  /** The key that is sent; undefined: none. */
  readonly token?: string | undefined;
  /** A number in [0, 1). */
  readonly random: () => number;
}

export interface Bridge {
  /** Resolves when stdin has ended and all requests are answered; rejects when the client can't be served any more. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

interface OpenPost {
  readonly owed: Owed;
  readonly abort: AbortController;
}

export function createBridge({ url, stdin, stdout, clock, random, token }: BridgeOptions): Bridge {
  const abort = new AbortController();
  // Calls and streams may be silent for as long as their servers are allowed to be.
  const dispatcher = new Agent({ bodyTimeout: 0, headersTimeout: 0 });
  const withKey = (headers: Record<string, string>): Record<string, string> =>
    token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` };
  const outbox = createOutbox(stdout);
  const asks = createOpenAsks();
  const posts = new Map<OpenPost, Promise<void>>();
  /** Open requests by the JSON texts of their ids. */
  const requests = new Map<string, OpenPost>();
  const { promise: done, resolve: settle, reject: fail } = Promise.withResolvers<void>();
  /** The standing stream, which does not end by itself. */
  let listening: Promise<void> | undefined;
  /** Until the session is known, what follows `initialize` has to wait for it. */
  let ready: Promise<void> = Promise.resolve();
  let closing = false;
  let wake = (): void => undefined;

  const conversation = createConversation({
    async post(bytes, session) {
      const headers = withKey(legacyHeaders(session));
      const reply = await request(url, {
        dispatcher,
        method: 'POST',
        headers,
        body: bytes,
        signal: abort.signal,
      });
      return { session: sessionOf(reply), body: Buffer.from(await reply.body.arrayBuffer()) };
    },
    revived() {
      for (const withdrawal of asks.takeBack()) outbox.send(withdrawal);
    },
    tell: (message) => outbox.send(message),
  });

  function take(line: Buffer): void {
    const outgoing = readLine(Buffer.from(line));
    if (outgoing.kind === 'refused') return outbox.send(outgoing.answer);
    const { message } = outgoing;
    if (message?.method === 'notifications/cancelled' && cancel(message)) return;
    if (outgoing.answers && message !== undefined && !asks.mayAnswer(message)) return;
    const open: OpenPost = { owed: createOwed(outgoing, pass), abort: new AbortController() };
    const sent = ready.then(() => post(outgoing, open)).finally(() => posts.delete(open));
    if (message?.method === 'initialize') ready = sent;
    posts.set(open, sent);
  }

  function pass(bytes: Buffer, message: Message | undefined): void {
    if (message !== undefined) asks.sent(message);
    outbox.send(bytes);
  }

  /** Whether that is all: a modern client's request is cancelled by the end of its stream. */
  function cancel(message: Message): boolean {
    const place = message.members.get('requestId');
    const id = place === undefined ? '' : spanText(message.bytes, place);
    const open = requests.get(id);
    open?.owed.forgive(id);
    if (conversation.session !== undefined) return false;
    open?.abort.abort();
    return true;
  }

  async function post(outgoing: Outgoing, open: OpenPost): Promise<void> {
    const { ids, message } = outgoing;
    const { owed } = open;
    for (const id of ids) requests.set(id, open);
    let reason = '';
    try {
      const reply = await sendInSession(outgoing, open.abort.signal);
      const refused = reply.statusCode >= 300;
      const { tooLarge } = await readReply(reply, outbox, (bytes) => owed.take(bytes, refused));
      reason = reasonFor(reply.statusCode, tooLarge);
      if (message !== undefined && !refused && (owed.succeeded || message.kind === 'notification'))
        accepted(message, reply);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      if (error instanceof SessionLost) fail(error.cause);
      else reason = `tutti can't be reached: ${reason}`;
    } finally {
      for (const id of ids) if (requests.get(id) === open) requests.delete(id);
      if (!closing && !open.abort.signal.aborted) owed.settle(reason);
    }
  }

  /** A session that the host has ended is made anew, and what it would not look at is sent again. */
  async function sendInSession(outgoing: Outgoing, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const session = outgoing.isModern ? undefined : conversation.session;
    const reply = await send(outgoing, session, signal);
    if (reply.statusCode !== 404 || session === undefined) return reply;
    await conversation.revive(session).catch((error: unknown) => {
      throw new SessionLost(error);
    });
    if (outgoing.answers) return reply;
    await reply.body.dump();
    return send(outgoing, conversation.session, signal);
  }

  function send(
    { isModern, message, bytes }: Outgoing,
    session: string | undefined,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const headers = withKey(
      isModern && message !== undefined ? modernHeaders(message) : legacyHeaders(session),
    );
    return request(url, { dispatcher, method: 'POST', headers, body: bytes, signal });
  }

  function accepted(message: Message, reply: Dispatcher.ResponseData): void {
    const before = conversation.session;
    conversation.accepted(message, sessionOf(reply));
    if (before !== undefined && before !== conversation.session) void leave(before);
    if (conversation.initialized) listening ??= listen();
  }

  /** The stream of a session for what belongs to no request; opened again as long as the bridge lives. */
  async function listen(): Promise<void> {
    let failures = 0;
    while (!abort.signal.aborted) {
      const session = conversation.session;
      try {
        const headers = withKey({ ...legacyHeaders(session), accept: 'text/event-stream' });
        const reply = await request(url, { dispatcher, method: 'GET', headers, signal: abort.signal });
        if (reply.statusCode === 200) {
          failures = 0;
          await readReply(reply, outbox, (bytes) => {
            const message = scanMessage(bytes);
            pass(bytes, isScanFailure(message) ? undefined : message);
          });
        } else {
          await reply.body.dump();
          if (reply.statusCode === 404 && session !== undefined) await conversation.revive(session);
        }
      } catch {
        // Whoever sends a request hears why; until then it is tried again.
      }
      failures++;
      await pause(backoffDelayMs(LISTEN_BACKOFF, failures, random()));
    }
  }

  async function pause(ms: number): Promise<void> {
    if (abort.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    using _timer = clock.after(ms, resolve);
    await promise;
  }

  async function leave(session: string): Promise<void> {
    const signal = AbortSignal.timeout(GOODBYE_MS);
    await request(url, { dispatcher, method: 'DELETE', headers: withKey(legacyHeaders(session)), signal })
      .then(({ body }) => body.dump())
      .catch(() => undefined);
  }

  const splitter = createLineSplitter({
    maxLineBytes: MAX_MESSAGE_BYTES,
    onLine: take,
    onOversize: () => undefined,
    onOversizeEnd: (head, tail) =>
      outbox.send(errorResponse(oversizedRequestId(head, tail), -32600, TOO_LARGE)),
  });
  const finish = (): void => {
    splitter.end();
    void Promise.allSettled(posts.values()).then(() => settle());
  };
  stdin.on('data', (chunk: Buffer) => {
    splitter.push(chunk);
    const room = outbox.room();
    if (room === undefined) return;
    stdin.pause();
    void room.then(() => stdin.resume());
  });
  stdin.once('end', finish);
  stdin.once('close', finish);
  // A client that is gone reads nothing any more.
  stdout.on('error', () => settle());

  return {
    done,
    async close() {
      closing = true;
      if (conversation.session !== undefined) await leave(conversation.session);
      abort.abort();
      wake();
      for (const open of posts.keys()) open.abort.abort();
      stdin.destroy();
      await Promise.allSettled([...posts.values(), listening]);
      await dispatcher.destroy();
    },
  };
}

class SessionLost extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function sessionOf({ headers }: Dispatcher.ResponseData): string | undefined {
  const session = headers['mcp-session-id'];
  return typeof session === 'string' ? session : undefined;
}

function reasonFor(status: number, tooLarge: boolean): string {
  if (tooLarge)
    return `The answer is larger than ${MAX_MESSAGE_BYTES} bytes and can't be passed on; ask for less.`;
  if (status >= 300) return `tutti refused the request with HTTP ${status}.`;
  return 'tutti ended the request without an answer; whether it took effect is unknown: look before you repeat it.';
}
