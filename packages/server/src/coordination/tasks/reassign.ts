// A task that is given to another agent than the one that has it, or may have it, as an intent.

import { classOf } from '../scheduling/requirements.ts';
import { type Intent, transition } from './book.ts';
import type { Command } from './commands.ts';
import { checkedContent, contentChange } from './content.ts';
import { requireTask } from './reports.ts';
import { isOpen } from './task-machine.ts';
import { specOf } from './task-row.ts';
import { reassigned } from './transitions.ts';

export interface Reassignment extends Command {
  readonly agentId: string;
  /** In the place of what was handed over before. */
  readonly contextualData?: unknown;
}

/** Only this agent may do it from now on. Saying it again changes nothing but what is handed over. */
export function reassignment({ taskId, by, once, agentId, contextualData }: Reassignment): Intent {
  const context = checkedContent('contextual_data', contextualData);
  return {
    tasks: [taskId],
    once,
    decide(book) {
      const task = requireTask(book, taskId);
      const handed = contentChange(taskId, 'context', context);
      const { required_capabilities: capabilities, requiredTags: tags, target } = specOf(task);
      if (target === agentId && isOpen(task.status)) return { task, changes: handed };
      const taskClass = classOf({ domain: task.domain, capabilities, tags, target: agentId });
      const { task: after, changes } = transition(reassigned(task, taskClass, by));
      return { task: after, changes: [...changes, { kind: 'reclassed', taskId, taskClass }, ...handed] };
    },
  };
}
