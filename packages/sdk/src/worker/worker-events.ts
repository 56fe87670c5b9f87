// What happens to a worker, for its log and its health endpoint.

import type { RunOutcome } from './claim-run.ts';

export type WorkerEvent =
  | { readonly kind: 'registered'; readonly agentId: string }
  /** The watch is open. */
  | { readonly kind: 'connected' }
  /** The watch is closed; work is asked for now and then. */
  | { readonly kind: 'disconnected'; readonly error: unknown; readonly retryInMs: number }
  | { readonly kind: 'task-started'; readonly taskId: string; readonly claim: number }
  | {
      readonly kind: 'task-ended';
      readonly taskId: string;
      readonly claim: number;
      readonly outcome: RunOutcome;
    }
  /** A report is said again until it is heard. */
  | {
      readonly kind: 'report-delayed';
      readonly taskId: string;
      readonly claim: number;
      readonly error: unknown;
    }
  /** The executor goes on though it was told to stop. */
  | { readonly kind: 'executor-stuck'; readonly taskId: string; readonly claim: number }
  | { readonly kind: 'call-failed'; readonly what: string; readonly error: unknown }
  | { readonly kind: 'draining' }
  | { readonly kind: 'stopped' };

export type WorkerPhase = 'new' | 'starting' | 'ready' | 'disconnected' | 'draining' | 'stopped';

export interface WorkerState {
  readonly agentId: string;
  readonly phase: WorkerPhase;
  /** The watch is open; otherwise work is asked for every few seconds. */
  readonly watching: boolean;
  readonly running: readonly { readonly taskId: string; readonly claim: number }[];
  readonly maxConcurrentTasks: number;
  readonly outcomes: Readonly<Record<RunOutcome, number>>;
  /** Since Tutti last answered; undefined: never. */
  readonly heardAgoMs: number | undefined;
}
