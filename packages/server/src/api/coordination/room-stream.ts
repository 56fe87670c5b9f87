// What happens in rooms as server-sent events: hints that something may be new. What nobody reads is bounded: with one more
// than fits the stream says `resync` and ends, and whoever listens begins anew by pulling.

import { ROOM_STREAM_EVENTS } from '@tutti/schemas';
import type { RoomsFace } from '../../coordination/rooms-face.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ApiDeps } from '../deps.ts';

/** Events that wait for one reader. */
export const MAX_ROOM_QUEUE = 256;
/** Streams at once; another one is refused. */
export const MAX_ROOM_STREAMS = 20_000;
/** A comment this often keeps proxies from closing an idle stream. */
const HEARTBEAT_MS = 15_000;

export interface RoomStreamDeps {
  readonly rooms: Pick<RoomsFace, 'subscribe'>;
  readonly accesses: Pick<ApiDeps['accesses'], 'subscribe'>;
  /** Aborted at shutdown: streams end. */
  readonly closing: AbortSignal;
}

export interface RoomStreams {
  /** `mayListen` is asked again whenever something may have changed it. */
  open(names: readonly string[], mayListen: () => boolean): Response;
}

export function createRoomStreams({ rooms, accesses, closing }: RoomStreamDeps): RoomStreams {
  let count = 0;

  return {
    open(names, mayListen) {
      if (count >= MAX_ROOM_STREAMS)
        throw new AppError(
          'overloaded',
          `${MAX_ROOM_STREAMS} streams are open already; ask now and then instead.`,
        );
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
            stack.use(accesses.subscribe(look));
            const timer = setInterval(() => {
              look();
              if (queue.length === 0) pass(': still here\n\n');
            }, HEARTBEAT_MS);
            timer.unref();
            stack.defer(() => clearInterval(timer));
            closing.addEventListener('abort', close, { once: true });
            stack.defer(() => closing.removeEventListener('abort', close));
            pass(frameOf(ROOM_STREAM_EVENTS.listening, { rooms: names }));
            if (closing.aborted) close();
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
    },
  };
}

function frameOf(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
