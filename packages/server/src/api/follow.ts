// A followed list as server-sent events: first what is there, then what comes. Subscribing and reading what is there
// happen in one turn, so that nothing is lost between them. A reader that is too slow loses items, never memory of
// ours: it is told how many.

import { STREAM_EVENTS } from '@tutti/schemas';

/** Events that wait for one reader; beyond it items are dropped and counted. */
export const MAX_FOLLOW_QUEUE = 1_000;
/** A comment this often keeps proxies from closing an idle stream, and tells us of readers that left. */
const FOLLOW_HEARTBEAT_MS = 15_000;

export interface Followed<T> {
  readonly initial: readonly T[];
  subscribe(listener: (item: T) => void): Disposable;
  /** Whether the reader may have the item now; `never`: it may not read here any more, so the stream ends. */
  isStillFor(item: T): 'yes' | 'no' | 'never';
}

export function followResponse<T>(followed: Followed<T>, closing: AbortSignal): Response {
  const encoder = new TextEncoder();
  let end: () => void = () => {};
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let dropped = 0;
        const send = (text: string): void => controller.enqueue(encoder.encode(text));
        const sendItem = (item: T): void => {
          const isTheirs = followed.isStillFor(item);
          if (isTheirs === 'never') return finish();
          if (isTheirs === 'no') return;
          if ((controller.desiredSize ?? 0) <= 0) {
            dropped += 1;
            return;
          }
          if (dropped > 0) send(frame(STREAM_EVENTS.dropped, { count: dropped }));
          dropped = 0;
          send(frame(STREAM_EVENTS.item, item));
        };
        const subscription = followed.subscribe(sendItem);
        const heartbeat = setInterval(() => {
          if ((controller.desiredSize ?? 0) > 0) send(': still here\n\n');
        }, FOLLOW_HEARTBEAT_MS);
        let isOver = false;
        const finish = (): void => {
          if (isOver) return;
          isOver = true;
          end();
          controller.close();
        };
        end = () => {
          clearInterval(heartbeat);
          subscription[Symbol.dispose]();
          closing.removeEventListener('abort', finish);
        };
        send(': following\n\n');
        for (const item of followed.initial) if (!isOver) sendItem(item);
        if (closing.aborted) finish();
        else closing.addEventListener('abort', finish, { once: true });
      },
      cancel() {
        end();
      },
    },
    { highWaterMark: followed.initial.length + MAX_FOLLOW_QUEUE },
  );
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
