// A worker: registers an agent, hears of its work, does it with executors, and says what it came to. It goes on through
// whatever the connection does, and leaves nothing behind when it ends in peace.

import type { AgentRegistrationInput, Handout, Notice } from '@tutti/schemas';
import { TuttiApiError } from '../errors.ts';
import { createHttp, type TuttiClientOptions } from '../http.ts';
import { backoffMs, pause, settlesWithin, type Backoff } from './backoff.ts';
import { runClaim, type RunOutcome } from './claim-run.ts';
import { createDesk } from './desk.ts';
import { combine, type Executor } from './executor.ts';
import { untilHeard } from './report.ts';
import { createWorkApi, isTransient } from './work-api.ts';
import type { WorkerEvent, WorkerPhase, WorkerState } from './worker-events.ts';

export interface WorkerTiming {
  /** Work is asked for so often while the watch is closed. */
  readonly pollMs: number;
  /** After a call that failed. */
  readonly retry: Backoff;
  /** Until the watch is tried again. */
  readonly reconnect: Backoff;
  /** Between reports that were not heard. */
  readonly report: Backoff;
  readonly progressMs: number;
  readonly answerPollMs: number;
  /** How long an executor that was told to stop is waited for. */
  readonly stopGraceMs: number;
  /** How long tasks may go on when the worker is told to end; what is left is given back. */
  readonly drainMs: number;
  /** How long the last reports may take after that. */
  readonly farewellMs: number;
}

export const WORKER_TIMING: WorkerTiming = {
  pollMs: 5_000,
  retry: { initialMs: 10_000, maxMs: 60_000 },
  reconnect: { initialMs: 1_000, maxMs: 30_000 },
  report: { initialMs: 500, maxMs: 30_000 },
  progressMs: 1_000,
  answerPollMs: 2_000,
  stopGraceMs: 10_000,
  drainMs: 30_000,
  farewellMs: 10_000,
};

export interface WorkerOptions extends TuttiClientOptions {
  /** What it registers as. Capabilities and tags that are left out are those of its executors. */
  readonly agent: AgentRegistrationInput;
  readonly executors: readonly Executor[];
  /** The longest that one attempt may take here, whatever its task allows (no limit of its own). */
  readonly taskTimeoutMs?: number | undefined;
  readonly timing?: Partial<WorkerTiming>;
  readonly onEvent?: (event: WorkerEvent) => void;
  readonly random?: () => number;
}

export interface Worker {
  /** Works until it is drained, or the signal is aborted, which drains it. Rejects when Tutti refuses its registration. */
  run(signal?: AbortSignal): Promise<void>;
  /** Takes nothing new, lets its tasks come to their end for a while, gives the rest back and removes its agent. */
  drain(): Promise<void>;
  state(): WorkerState;
}

const MAX_TASK_MS = 2 ** 31 - 1;

export function createWorker(options: WorkerOptions): Worker {
  const { agent, onEvent = () => {}, random = Math.random } = options;
  const timing = { ...WORKER_TIMING, ...options.timing };
  const executor = combine(options.executors);
  const registration: AgentRegistrationInput = {
    ...agent,
    capabilities: agent.capabilities ?? [...executor.capabilities],
    tags: agent.tags ?? [...executor.tags],
  };
  const api = createWorkApi(createHttp(options), agent.id);
  const outcomes: Record<RunOutcome, number> = { completed: 0, failed: 0, released: 0, lost: 0, unheard: 0 };
  const maxTasks = agent.maxConcurrentTasks ?? 5;

  let phase: WorkerPhase = 'new';
  let watching = false;
  let heardAtMs: number | undefined;
  let heartbeatMs = 30_000;
  /** Ends the waits that only serve new work. */
  const leaving = new AbortController();
  /** Ends everything. */
  const gone = new AbortController();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();

  const desk = createDesk({
    maxTasks,
    run: (handout) =>
      runClaim(handout, {
        api,
        executor,
        random,
        backoff: timing.report,
        progressIntervalMs: timing.progressMs,
        answerPollMs: timing.answerPollMs,
        taskTimeoutMs: options.taskTimeoutMs ?? MAX_TASK_MS,
        stopGraceMs: timing.stopGraceMs,
        signal: gone.signal,
        onStarted: ({ id: { task_id: taskId, claim } }) => onEvent({ kind: 'task-started', taskId, claim }),
        onDelay: ({ id: { task_id: taskId, claim } }, error) =>
          onEvent({ kind: 'report-delayed', taskId, claim, error }),
        onStuck: ({ id: { task_id: taskId, claim } }) => onEvent({ kind: 'executor-stuck', taskId, claim }),
      }),
    orphan: giveBackOrphan,
    onEnded({ id: { task_id: taskId, claim } }, outcome) {
      outcomes[outcome] += 1;
      onEvent({ kind: 'task-ended', taskId, claim, outcome });
    },
  });

  async function giveBackOrphan({ task, claim }: Handout): Promise<void> {
    const reason = 'the worker was started again';
    await untilHeard((signal) => api.release({ task_id: task.id, claim }, { reason }, signal), {
      backoff: timing.report,
      random,
      signal: gone.signal,
      onDelay: (error) => onEvent({ kind: 'report-delayed', taskId: task.id, claim, error }),
    });
  }

  /** A call whose answer shows that Tutti is there. */
  async function heard<T>(answer: Promise<T>): Promise<T> {
    const value = await answer;
    heardAtMs = performance.now();
    return value;
  }

  async function register(signal: AbortSignal, isFirst: boolean): Promise<void> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const registered = await heard(api.register(registration, signal));
        heartbeatMs = registered.heartbeatInterval * 1_000;
        onEvent({ kind: 'registered', agentId: registered.id });
        return;
      } catch (error) {
        if (signal.aborted) return;
        // Whoever starts it has to know; later it may be mended while it runs.
        if (isFirst && error instanceof TuttiApiError && error.status < 500 && error.status !== 429)
          throw error;
        onEvent({ kind: 'call-failed', what: 'register', error });
        await pause(backoffMs(timing.reconnect, failures, random), signal);
      }
    }
  }

  /** Tutti forgot the agent: somebody removed it, or the store is another one. */
  async function registerAgainIf(error: unknown): Promise<void> {
    if (error instanceof TuttiApiError && error.status === 404) await register(leaving.signal, false);
  }

  async function take({ offered, lost }: Notice, signal: AbortSignal): Promise<void> {
    for (const one of lost) desk.lose(one);
    const known = desk.holding;
    const isNew = offered.some(
      ({ task_id, claim }) => !known.some((one) => one.task_id === task_id && one.claim === claim),
    );
    if (!isNew || desk.free <= 0) return;
    for (const handout of await heard(api.held(signal))) desk.take(handout);
  }

  async function beat(): Promise<void> {
    const { signal } = gone;
    let failures = 0;
    while (!signal.aborted) {
      const waitMs =
        failures === 0 ? heartbeatMs : Math.min(heartbeatMs, backoffMs(timing.retry, failures, random));
      await pause(waitMs, signal);
      if (signal.aborted) return;
      try {
        await take(await heard(api.heartbeat(desk.holding, signal)), signal);
        failures = 0;
      } catch (error) {
        if (gone.signal.aborted) return;
        failures += 1;
        onEvent({ kind: 'call-failed', what: 'heartbeat', error });
        await registerAgainIf(error);
      }
    }
  }

  async function listen(): Promise<void> {
    const { signal } = leaving;
    let failures = 0;
    while (!signal.aborted) {
      let cause: unknown;
      try {
        // While it drains, what is lost is still heard.
        for await (const event of api.watch(maxTasks, gone.signal)) {
          heardAtMs = performance.now();
          if (event.kind === 'task') desk.take(event.handout);
          else if (event.kind === 'lost') desk.lose(event.lost);
          else {
            watching = true;
            failures = 0;
            if (phase !== 'draining') phase = 'ready';
            onEvent({ kind: 'connected' });
          }
        }
      } catch (error) {
        cause = error;
      }
      watching = false;
      if (signal.aborted) return;
      failures += 1;
      const retryInMs = backoffMs(timing.reconnect, failures, random);
      onEvent({ kind: 'disconnected', error: cause, retryInMs });
      await registerAgainIf(cause);
      await poll(performance.now() + retryInMs, signal);
    }
  }

  /** Asks for work until it is time to open the watch again. */
  async function poll(untilMs: number, signal: AbortSignal): Promise<void> {
    let failures = 0;
    for (;;) {
      try {
        while (desk.free > 0 && !signal.aborted) {
          const { handout, notice } = await heard(api.next(signal));
          for (const one of notice.lost) desk.lose(one);
          if (phase !== 'draining') phase = 'ready';
          if (handout === undefined) break;
          const { free } = desk;
          desk.take(handout);
          // It is known already, or not to be done here.
          if (desk.free === free) break;
        }
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (phase !== 'draining') phase = 'disconnected';
        onEvent({ kind: 'call-failed', what: 'next', error });
        if (!isTransient(error)) await registerAgainIf(error);
      }
      const leftMs = untilMs - performance.now();
      const waitMs = failures === 0 ? timing.pollMs : backoffMs(timing.retry, failures, random);
      if (leftMs <= 0 || signal.aborted) return;
      await pause(Math.min(waitMs, leftMs), signal);
    }
  }

  let draining: Promise<void> | undefined;

  async function leave(): Promise<void> {
    phase = 'draining';
    onEvent({ kind: 'draining' });
    desk.close();
    leaving.abort();
    await attempt('drain', api.drain(AbortSignal.timeout(timing.farewellMs)));
    await settlesWithin(desk.idle(), timing.drainMs);
    for (const one of desk.running) one.release('its agent is shutting down');
    await settlesWithin(desk.idle(), timing.stopGraceMs + timing.farewellMs);
    await attempt('deregister', api.deregister(AbortSignal.timeout(timing.farewellMs)));
    gone.abort();
    phase = 'stopped';
    onEvent({ kind: 'stopped' });
    stop();
  }

  async function attempt(what: string, call: Promise<unknown>): Promise<void> {
    try {
      await call;
    } catch (error) {
      onEvent({ kind: 'call-failed', what, error });
    }
  }

  function drain(): Promise<void> {
    draining ??= leave();
    return draining;
  }

  return {
    drain,
    async run(signal) {
      if (phase !== 'new') throw new Error('This worker was started already.');
      phase = 'starting';
      const onAbort = (): void => void drain();
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        if (signal?.aborted !== true) await register(leaving.signal, true);
        if (signal?.aborted === true) await drain();
        if (!leaving.signal.aborted) await Promise.all([beat(), listen(), stopped]);
        await stopped;
      } catch (error) {
        gone.abort();
        leaving.abort();
        phase = 'stopped';
        throw error;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    state: () => ({
      agentId: agent.id,
      phase,
      watching,
      running: desk.running.map(({ id: { task_id: taskId, claim } }) => ({ taskId, claim })),
      maxConcurrentTasks: maxTasks,
      outcomes: { ...outcomes },
      heardAgoMs: heardAtMs === undefined ? undefined : performance.now() - heardAtMs,
    }),
  };
}
