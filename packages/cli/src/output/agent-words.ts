// What happens to an agent of this process, as lines.

import type { WorkerEvent } from '@tutti/sdk';

/** Undefined: nothing that a person needs to read. */
export function workerEventLine(event: WorkerEvent): string | undefined {
  switch (event.kind) {
    case 'registered':
      return `${event.agentId} is registered.`;
    case 'connected':
      return 'Waiting for tasks.';
    case 'disconnected':
      return `The connection is lost${because(event.error)}; work is asked for now and then until it is back.`;
    case 'task-started':
      return `${event.taskId}: begun (claim ${event.claim}).`;
    case 'task-ended':
      return `${event.taskId}: ${OUTCOMES[event.outcome]} (claim ${event.claim}).`;
    case 'report-delayed':
      return `${event.taskId}: a report is not heard yet${because(event.error)}; it is said again.`;
    case 'executor-stuck':
      return `${event.taskId}: the work goes on though it was told to stop (claim ${event.claim}).`;
    case 'call-failed':
      return `Tutti did not take "${event.what}"${because(event.error)}.`;
    case 'draining':
      return 'Ending: what is begun may come to its end. Ctrl-C again stops at once.';
    case 'stopped':
      return 'Gone.';
  }
}

const OUTCOMES = {
  completed: 'completed',
  failed: 'failed',
  released: 'given back',
  lost: 'lost; another does it',
  unheard: 'ended, and nobody could be told',
} as const;

function because(error: unknown): string {
  return error instanceof Error ? ` (${error.message})` : '';
}
