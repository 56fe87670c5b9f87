// One claim from its start to its last report: starts it, has the executor do the work, and says what it came to. Once the
// claim is lost nothing is said about it any more.

import { canDo, type Executor, type Question, type WorkTask } from './executor.ts';
import { pause, settlesWithin, type Backoff } from './backoff.ts';
import { checkJson, endedBy, endedByError, failed, type Ended } from './outcome.ts';
import { createProgressReports, type ProgressReports } from './progress-reports.ts';
import { untilHeard, type Heard, type ReportOptions } from './report.ts';
import { startTimer, type StoppableTimer } from './stoppable-timer.ts';
import { isTransient, type ClaimId, type Failure, type WorkApi } from './work-api.ts';
import type { ApiTask, Handout } from '@tutti/schemas';

/** How it ended: `lost` when somebody else decided that, `unheard` when the last report found nobody. */
export type RunOutcome = 'completed' | 'failed' | 'released' | 'lost' | 'unheard';

export interface ClaimRun {
  readonly task: ApiTask;
  readonly id: ClaimId;
  readonly outcome: Promise<RunOutcome>;
  /** The claim is not in force any more. */
  lose(reason: string): void;
  /** Gives the task back, unfinished. */
  release(reason: string): void;
}

export interface ClaimRunDeps {
  readonly api: WorkApi;
  readonly executor: Executor;
  readonly random: () => number;
  readonly backoff: Backoff;
  readonly progressIntervalMs: number;
  readonly answerPollMs: number;
  /** The longest that one attempt may take here, whatever the task allows. */
  readonly taskTimeoutMs: number;
  /** How long an executor that was told to stop is waited for. */
  readonly stopGraceMs: number;
  /** Aborted when nothing is to be reported any more. */
  readonly signal: AbortSignal;
  readonly onStarted: (run: ClaimRun) => void;
  readonly onDelay: (run: ClaimRun, error: unknown) => void;
  /** The executor did not stop when it was told to. */
  readonly onStuck: (run: ClaimRun) => void;
}

type Ending =
  | { readonly kind: 'ended'; readonly ended: Ended }
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'release'; readonly reason: string };

export function runClaim({ task, claim }: Handout, deps: ClaimRunDeps): ClaimRun {
  const { api } = deps;
  const id: ClaimId = { task_id: task.id, claim };
  const { promise: ending, resolve: end } = Promise.withResolvers<Ending>();
  /** Reports stop with the claim. */
  const lost = new AbortController();
  const reporting = AbortSignal.any([deps.signal, lost.signal]);

  function lose(reason: string): void {
    end({ kind: 'lost', reason });
    lost.abort(new Error(`The task ${task.id} is lost: ${reason}`));
  }

  const run: ClaimRun = {
    task,
    id,
    lose,
    release: (reason) => end({ kind: 'release', reason }),
    // After this function has returned, so that nobody hears of a run that is not known yet.
    outcome: Promise.resolve().then(follow),
  };

  const heard = <T>(send: (signal: AbortSignal) => Promise<T>): Promise<Heard<T>> => {
    const options: ReportOptions = {
      backoff: deps.backoff,
      random: deps.random,
      signal: reporting,
      onDelay: (error) => deps.onDelay(run, error),
    };
    return untilHeard(send, options);
  };

  async function follow(): Promise<RunOutcome> {
    const started = await heard((signal) => api.start(id, signal));
    if (started.kind === 'unheard') return lost.signal.aborted ? 'lost' : 'unheard';
    if (started.kind !== 'accepted') return 'lost';
    deps.onStarted(run);
    // What the task carries came with the handout; answers to reports leave it out.
    return await execute({ ...task, ...started.value });
  }

  async function execute(current: ApiTask): Promise<RunOutcome> {
    const stop = new AbortController();
    const progress = createProgressReports({
      intervalMs: deps.progressIntervalMs,
      send: (progress) => tell(() => api.progress(id, progress, reporting)),
    });
    const timeoutMs = Math.min(deps.taskTimeoutMs, current.timeout * 1_000);
    using timer = startTimer(timeoutMs, () => end({ kind: 'timeout', timeoutMs }));
    const work = perform(current, { progress, timer, signal: stop.signal }).then(
      (ended) => end({ kind: 'ended', ended }),
      (error: unknown) => end({ kind: 'ended', ended: endedByError(error) }),
    );
    const ended = await ending;
    timer.hold();
    if (ended.kind !== 'ended') {
      stop.abort(new Error(stopReason(ended)));
      if (!(await settlesWithin(work, deps.stopGraceMs))) deps.onStuck(run);
    }
    await progress.end();
    return await close(ended, progress.partialResult);
  }

  async function perform(
    current: ApiTask,
    {
      progress,
      timer,
      signal,
    }: { readonly progress: ProgressReports; readonly timer: StoppableTimer; readonly signal: AbortSignal },
  ): Promise<Ended> {
    const task: WorkTask = {
      id: current.id,
      claim: id.claim,
      description: current.description,
      requiredCapabilities: current.required_capabilities,
      payload: current.payload,
      attempt: Math.max(1, current.attempts),
      partialResult: current.partial_result,
      contextualData: current.contextual_data,
      progress(fraction, message, partialResult) {
        progress.add({
          progress: Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0)),
          ...(message !== undefined && { message: message.slice(0, MAX_MESSAGE_CHARS) }),
          ...(partialResult !== undefined &&
            checkJson(partialResult) === undefined && { partial_result: partialResult }),
        });
      },
      async ask(question) {
        // A person may take long.
        timer.hold();
        try {
          return await ask(question, signal);
        } finally {
          if (!signal.aborted) timer.resume();
        }
      },
    };
    if (!canDo(deps.executor, current.required_capabilities))
      return failed(
        `unsupported: This agent has not all of: ${current.required_capabilities.join(', ')}.`,
        false,
      );
    return endedBy(await deps.executor.execute(task, signal));
  }

  /** Something that may get lost; only that the claim is over matters. */
  async function tell(send: () => Promise<unknown>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (!isTransient(error)) lose(error instanceof Error ? error.message : String(error));
    }
  }

  async function ask(question: Question, signal: AbortSignal): Promise<unknown> {
    const asked = await heard((signal) => api.ask(id, question, signal));
    signal.throwIfAborted();
    if (asked.kind !== 'accepted')
      throw new Error(asked.kind === 'refused' ? asked.error.message : 'The question was not heard.');
    for (;;) {
      const seen = await heard((signal) => api.answered(id, signal));
      signal.throwIfAborted();
      if (seen.kind === 'refused') {
        lose(seen.error.message);
        throw seen.error;
      }
      if (seen.kind === 'accepted' && seen.value.answered)
        return seen.value.cancelled === true ? undefined : seen.value.response;
      await pause(deps.answerPollMs, signal);
      signal.throwIfAborted();
    }
  }

  async function close(ending: Ending, partialResult: unknown): Promise<RunOutcome> {
    switch (ending.kind) {
      case 'lost':
        return 'lost';
      case 'release': {
        const release = { reason: ending.reason, partial_result: partialResult };
        return outcomeOf('released', await heard((signal) => api.release(id, release, signal)));
      }
      case 'timeout': {
        const error = `limit_time: The task took longer than ${ending.timeoutMs} ms.`;
        return await report(failed(error, true, partialResult));
      }
      case 'ended':
        return await report(withPartial(ending.ended, partialResult));
    }
  }

  async function report(ended: Ended): Promise<RunOutcome> {
    if (ended.kind === 'fail')
      return outcomeOf('failed', await heard((signal) => api.fail(id, ended.failure, signal)));
    const answered = await heard((signal) => api.complete(id, ended.result, signal));
    // A result that is not taken is a failure that can be told.
    if (answered.kind === 'refused' && answered.error.status !== 409 && answered.error.status !== 404) {
      const failure: Failure = { error: `limit_bytes: ${answered.error.message}`, retryable: false };
      return outcomeOf('failed', await heard((signal) => api.fail(id, failure, signal)));
    }
    return outcomeOf('completed', answered);
  }

  function outcomeOf(wanted: RunOutcome, { kind }: Heard<unknown>): RunOutcome {
    if (kind === 'accepted' || kind === 'repeated') return wanted;
    return kind === 'refused' || lost.signal.aborted ? 'lost' : 'unheard';
  }

  return run;
}

const MAX_MESSAGE_CHARS = 4_000;

function withPartial(ended: Ended, partialResult: unknown): Ended {
  if (ended.kind !== 'fail' || ended.failure.partial_result !== undefined || partialResult === undefined)
    return ended;
  return { kind: 'fail', failure: { ...ended.failure, partial_result: partialResult } };
}

function stopReason(ending: Exclude<Ending, { readonly kind: 'ended' }>): string {
  return ending.kind === 'timeout'
    ? `The task took longer than ${ending.timeoutMs} ms.`
    : `The task is ${ending.kind === 'lost' ? 'lost' : 'given back'}: ${ending.reason}`;
}
