// What of leases people are told as events: those that an agent lost without having given them back.

import type { LeaseEnd } from '@tutti/schemas';
import type { Lease } from '../../../coordination/leases/book.ts';
import type { News } from './work-news.ts';

export function leaseNews({ agentId, patterns, space }: Lease, end: LeaseEnd, why: string): News {
  const what = `${patterns.map(({ text }) => text).join(', ')} in ${space}`;
  if (end === 'forced') return { reason: 'LeaseForced', message: `${why}; ${agentId} had ${what}` };
  return { reason: 'LeaseLost', message: `${why}; it had ${what}` };
}
