// What leases let themselves be measured by, and what people are told of them.

import type { LeaseEnd } from '@tutti/schemas';
import type { Lease } from './book.ts';

export interface LeaseMeter {
  /** A request was answered, so long after it was made. */
  asked(outcome: 'acquired' | 'waiting' | 'refused', tookMs: number): void;
  ended(end: LeaseEnd): void;
  /** A write was let through, or not. */
  wrote(outcome: 'written' | 'refused'): void;
}

export const NO_LEASE_METER: LeaseMeter = {
  asked: () => undefined,
  ended: () => undefined,
  wrote: () => undefined,
};

/** An agent lost a lease that it did not give back. */
export type TellLost = (lease: Lease, end: LeaseEnd, why: string) => void;
