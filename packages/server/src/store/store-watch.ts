// What can be measured of a store; whoever keeps metrics implements it.

import type { StoreFailure } from './store-error.ts';

export type StoreOperation = 'read' | 'write';

export interface StoreWatch {
  /** A transaction had its turn after this time. */
  waited(ms: number): void;
  /** A read, or a transaction from its turn to the end of its commit. */
  finished(operation: StoreOperation, ms: number): void;
  /** `message` says what to do; undefined: it is run again. */
  failed(failure: StoreFailure, message: string | undefined): void;
  /** A transaction is run again, of which nothing had happened. */
  retried(failure: StoreFailure): void;
  /** Whether hints of other processes arrive at once; otherwise their changes are found by polling. */
  hears(arrive: boolean): void;
}

export const UNWATCHED: StoreWatch = { waited() {}, finished() {}, failed() {}, retried() {}, hears() {} };
