// A client's request about a task of a server of the other era: one dispatcher for both directions.

import type { Exchange } from '../exchange.ts';
import { stepsFor, type TaskContext } from './context.ts';
import { forLegacyClient } from './for-legacy-client.ts';
import { forModernClient } from './for-modern-client.ts';
import type { KnownTask } from './known-task.ts';
import type { Steps } from './steps.ts';

/** A request about a task, and the steps at the server by which it is answered. */
export interface AboutTask {
  readonly context: TaskContext;
  readonly exchange: Exchange;
  readonly task: KnownTask;
  readonly steps: Steps;
}

/** How a client of one era is answered. */
export interface TaskAnswers {
  get(about: AboutTask): Promise<void>;
  cancel(about: AboutTask): Promise<void>;
  /** `tasks/result` of a legacy client, `tasks/update` of a modern one. */
  other(about: AboutTask): Promise<void>;
}

export async function answerBridged(
  context: TaskContext,
  exchange: Exchange,
  task: KnownTask,
): Promise<void> {
  const about = { context, exchange, task, steps: stepsFor(context, exchange, task) };
  const answers = exchange.caller.era === 'legacy' ? forLegacyClient : forModernClient;
  switch (exchange.method) {
    case 'tasks/get':
      return answers.get(about);
    case 'tasks/cancel':
      return answers.cancel(about);
    default:
      return answers.other(about);
  }
}
