// Rooms over HTTP, as server-sent events: hints that something may be new. What nobody reads is bounded: with one more
// than fits the stream says `resync` and ends, and whoever listens begins anew by pulling.

import { MAX_ROOMS, ROOM_STREAM_EVENTS } from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import { AppError } from '../../kernel/errors.ts';
import { isSameHolder } from '../../policy/access.ts';
import { ADMIN_ROLE } from '../../policy/principal.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { mayUse, RIGHTS } from '../rights.ts';
import { callerOf } from './caller.ts';

/** Events that wait for one reader. */
export const MAX_ROOM_QUEUE = 256;
/** Streams at once; another one is refused. */
export const MAX_ROOM_STREAMS = 20_000;
/** A comment this often keeps proxies from closing an idle stream. */
const HEARTBEAT_MS = 15_000;

export function addRoomRoutes(
  api: Hono<ApiEnv>,
  deps: Pick<ApiDeps, 'coordination' | 'accesses' | 'origin' | 'closing'>,
): void {
  const { rooms } = deps.coordination;
  let count = 0;

  api.get('/rooms', (c) => {
    const names = roomsOf(c);
    const by = callerOf(c);
    rooms.requireOpen(names, by);
    if (count >= MAX_ROOM_STREAMS)
      throw new AppError(
        'overloaded',
        `${MAX_ROOM_STREAMS} streams are open already; ask now and then instead.`,
      );
    const began = c.get('access');
    /** Keys, roles and agents change while a stream is open. */
    const mayListen = (): boolean => {
      const now = deps.accesses.byPrincipal(began.principal.id);
      if (now === undefined || !isSameHolder(began.credentials, now.credentials)) return false;
      const isAdmin = now.principal.roles.includes(ADMIN_ROLE);
      return mayUse(deps, RIGHTS.work, now) && rooms.mayListen(names, { id: by.id, isAdmin });
    };
    return open(names, mayListen);
  });

  function open(names: readonly string[], mayListen: () => boolean): Response {
    const encoder = new TextEncoder();
    const queue: string[] = [];
    const stack = new DisposableStack();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let isRead = false;
    /** Nothing comes behind what is in the queue. */
    let isOver = false;

    const close = (): void => {
      const ended = controller;
      controller = undefined;
      stack.dispose();
      ended?.close();
    };
    const pass = (frame: string): void => {
      if (controller === undefined || isOver) return;
      if (isRead) {
        isRead = false;
        controller.enqueue(encoder.encode(frame));
      } else if (queue.length < MAX_ROOM_QUEUE) queue.push(frame);
      else {
        // What it missed it has to pull, all of it.
        queue.splice(0, queue.length, frameOf(ROOM_STREAM_EVENTS.resync, {}));
        isOver = true;
      }
    };
    const look = (): void => {
      if (!mayListen()) close();
    };

    const stream = new ReadableStream<Uint8Array>(
      {
        start(started) {
          controller = started;
          count += 1;
          stack.defer(() => (count -= 1));
          stack.use(
            rooms.subscribe(names, (event) => {
              if (mayListen()) pass(frameOf(ROOM_STREAM_EVENTS.event, event));
              else close();
            }),
          );
          stack.use(deps.accesses.subscribe(look));
          const timer = setInterval(() => {
            look();
            if (queue.length === 0) pass(': still here\n\n');
          }, HEARTBEAT_MS);
          timer.unref();
          stack.defer(() => clearInterval(timer));
          deps.closing.addEventListener('abort', close, { once: true });
          stack.defer(() => deps.closing.removeEventListener('abort', close));
          pass(frameOf(ROOM_STREAM_EVENTS.listening, { rooms: names }));
          if (deps.closing.aborted) close();
        },
        pull(reading) {
          const next = queue.shift();
          if (next !== undefined) reading.enqueue(encoder.encode(next));
          else if (isOver) close();
          else isRead = true;
        },
        cancel() {
          controller = undefined;
          stack.dispose();
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(stream, {
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
    });
  }
}

function roomsOf(c: Context<ApiEnv>): readonly string[] {
  const names = [...new Set(c.req.queries('room') ?? [])].filter((name) => name !== '');
  if (names.length > 0 && names.length <= MAX_ROOMS) return names;
  throw new AppError(
    'invalid_params',
    `Say which rooms: ?room=NAME, at most ${MAX_ROOMS} of them. One of your agent's is thread_participant:ID.`,
  );
}

function frameOf(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
