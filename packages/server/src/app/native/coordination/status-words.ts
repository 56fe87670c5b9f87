// What agents say of themselves, in the words of all the systems whose clients work here.

import { AGENT_STATUSES, type AgentReport, type AgentStatus } from '@tutti/schemas';
import { z } from 'zod';

/** Words that mean one of ours. */
const ALSO = { online: 'available', busy: 'working', blocked: 'working' } as const satisfies Record<
  string,
  AgentStatus
>;

export const StatusWordSchema = z.enum([...AGENT_STATUSES, 'online', 'busy', 'blocked']);

export type StatusWord = z.infer<typeof StatusWordSchema>;

export function statusOf(word: StatusWord): AgentStatus {
  return word === 'online' || word === 'busy' || word === 'blocked' ? ALSO[word] : word;
}

/** One that is blocked works and says what is in its way. */
export function reportOf(
  word: StatusWord,
  { error_info, ...report }: Omit<AgentReport, 'status'>,
): AgentReport {
  const info = error_info ?? (word === 'blocked' ? 'blocked' : undefined);
  return { ...report, status: statusOf(word), ...(info === undefined ? {} : { error_info: info }) };
}
