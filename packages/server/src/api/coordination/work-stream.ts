// The work of an agent as server-sent events: while the stream is open, the agent is listening and is given tasks.
//
// An open stream is no sign of life: a worker that hangs keeps its connection. What counts are the agent's calls, so a
// worker sends heartbeats beside it; without them it is given nothing more, and loses what it has.
//
// The stream ends when nobody reads it, when the one who opened it may not work any more, and when the agent is gone or is
// somebody else's. Nothing is lost by it: a new stream begins with all that the agent holds.

import { WORK_EVENTS } from '@tutti/schemas';
import type { Agents } from '../../coordination/agents-face.ts';
import type { Caller } from '../../coordination/agents/registry.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ApiDeps } from '../deps.ts';

/** Events that wait for a reader that does not read; with one more the stream ends. An agent holds fewer tasks. */
export const MAX_WORK_QUEUE = 256;
/** Streams of one agent at once; another one ends the oldest, which may be that of a connection that broke. */
export const MAX_AGENT_STREAMS = 4;
/** Streams of all agents at once; another one is refused. */
export const MAX_WORK_STREAMS = 20_000;
/** A comment this often keeps proxies from closing an idle stream, and tells a worker that the stream is alive. */
const HEARTBEAT_MS = 15_000;

export interface WorkStreamDeps {
  readonly agents: Agents;
  readonly accesses: Pick<ApiDeps['accesses'], 'subscribe'>;
  /** Aborted at shutdown: streams end. */
  readonly closing: AbortSignal;
}

export interface WorkStreams {
  /** Throws an AppError where there is no such agent, or it is not the caller's. */
  open(agentId: string, slots: number | undefined, by: Caller, mayWork: () => boolean): Response;
  /** The agent may be gone, or somebody else's: its streams end where that is so. */
  look(agentId: string): void;
}

interface OpenStream {
  readonly end: () => void;
  /** Ends it where it may not go on. */
  readonly look: () => void;
}

export function createWorkStreams({ agents, accesses, closing }: WorkStreamDeps): WorkStreams {
  /** Those that are open, the oldest first. */
  const openOnes = new Map<string, Set<OpenStream>>();
  let count = 0;

  return {
    open(agentId, slots, by, mayWork) {
      if (count >= MAX_WORK_STREAMS)
        throw new AppError(
          'overloaded',
          `${MAX_WORK_STREAMS} agents listen already; ask with POST /agents/ID/next instead.`,
        );
      const encoder = new TextEncoder();
      const queue: string[] = [];
      const stack = new DisposableStack();
      let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
      /** The reader waits for more. */
      let isRead = false;
      let hasRead = true;

      const end = (error?: Error): void => {
        if (controller === undefined) return;
        const ended = controller;
        controller = undefined;
        stack.dispose();
        if (error === undefined) ended.close();
        else ended.error(error);
      };
      const pass = (text: string): void => {
        if (controller === undefined) return;
        if (isRead) {
          isRead = false;
          controller.enqueue(encoder.encode(text));
        } else if (queue.length < MAX_WORK_QUEUE) queue.push(text);
        else end(new Error('nobody reads the work stream'));
      };
      /** Whether the one who listens may still have the agent's work. */
      const isTheirs = (): boolean => {
        try {
          return mayWork() && (by.isAdmin || agents.get(agentId).owner === by.id);
        } catch {
          return false;
        }
      };
      const tell = (event: string, data: unknown): void => {
        if (isTheirs()) pass(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
        else end();
      };
      const beat = (): void => {
        if (!isTheirs()) return end();
        if (queue.length > 0 && !hasRead) return end(new Error('nobody reads the work stream'));
        hasRead = false;
        if (queue.length === 0) pass(': still here\n\n');
      };

      const stream = new ReadableStream<Uint8Array>(
        {
          start(started) {
            controller = started;
            stack.use(
              agents.watch(agentId, slots, by, {
                task: (handout) => tell(WORK_EVENTS.task, handout),
                lost: (loss) => tell(WORK_EVENTS.lost, loss),
                failed: () => end(),
              }),
            );
            const timer = setInterval(beat, HEARTBEAT_MS);
            timer.unref();
            stack.defer(() => clearInterval(timer));
            const look = (): void => {
              if (!isTheirs()) end();
            };
            stack.use(accesses.subscribe(look));
            const stop = (): void => end();
            closing.addEventListener('abort', stop, { once: true });
            stack.defer(() => closing.removeEventListener('abort', stop));
            makeRoom(agentId);
            stack.use(counted(agentId, { end: stop, look }));
            pass(': listening\n\n');
            if (closing.aborted) end();
          },
          pull(reading) {
            hasRead = true;
            const next = queue.shift();
            if (next === undefined) isRead = true;
            else reading.enqueue(encoder.encode(next));
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
    look(agentId) {
      for (const { look } of openOnes.get(agentId) ?? []) look();
    },
  };

  function makeRoom(agentId: string): void {
    const streams = openOnes.get(agentId);
    if (streams === undefined || streams.size < MAX_AGENT_STREAMS) return;
    for (const oldest of streams) return oldest.end();
  }

  function counted(agentId: string, stream: OpenStream): Disposable {
    const streams = openOnes.get(agentId) ?? new Set();
    openOnes.set(agentId, streams.add(stream));
    count += 1;
    return {
      [Symbol.dispose]() {
        count -= 1;
        streams.delete(stream);
        if (streams.size === 0 && openOnes.get(agentId) === streams) openOnes.delete(agentId);
      },
    };
  }
}
