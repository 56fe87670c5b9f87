// What a request for files came to, in words for whoever asked. Pure.

import type { LeaseAnswer } from '@tutti/schemas';
import type { Outcome } from './desk.ts';
import { TICKET_GRACE_MS } from './requests.ts';
import { holderText, leaseView } from './view.ts';

/** Holders that are told. */
const MAX_HOLDERS = 10;

export function answerOf({ asked, expires }: Outcome): LeaseAnswer {
  if (asked.kind === 'granted')
    return { status: 'acquired', lease: leaseView(asked.lease), holders: [], queue_length: 0 };
  const { leases, tickets, cycle } = asked.verdict;
  const holders = leases.slice(0, MAX_HOLDERS).map((lease) => leaseView(lease, expires.get(lease.id)));
  const [holder] = holders;
  const who =
    holder === undefined
      ? `${tickets.length} who asked before wait for some of these files.`
      : `${holderText(holder)}.${leases.length > 1 ? ` ${leases.length - 1} more have some of it.` : ''}${
          tickets.length > 0 ? ` ${tickets.length} wait for it already.` : ''
        }`;
  return {
    status: asked.ticket === undefined ? 'refused' : 'waiting',
    holders,
    queue_length: tickets.length,
    message: `${who} ${whatNext(asked.ticket !== undefined, cycle)}`,
  };
}

function whatNext(isWaiting: boolean, cycle: readonly string[]): string {
  if (cycle.length > 0)
    return `You would wait for each other: ${cycle.join(' waits for ')} waits for you. Release what you have of it first.`;
  if (isWaiting)
    return `Your place in line is kept for ${TICKET_GRACE_MS / 1_000} s: ask again with the same paths to go on waiting.`;
  return 'Ask again with wait_seconds to wait in line, work on something else, or ask the holder.';
}
