// What of the tasks that an agent holds it has to do something about now. Pure.

import type { Handout, Notice } from '@tutti/schemas';

export function dutiesOf(held: readonly Handout[]): Pick<Notice, 'offered' | 'unproven'> {
  const offered: Notice['offered'] = [];
  const unproven: NonNullable<Notice['unproven']> = [];
  for (const { task, claim } of held) {
    if (task.status === 'assigned') offered.push({ task_id: task.id, claim });
    if (task.status === 'waiting' && task.reason === 'evidence')
      unproven.push({ task_id: task.id, claim, why: task.message ?? '' });
  }
  return unproven.length === 0 ? { offered } : { offered, unproven };
}
