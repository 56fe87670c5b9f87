// A database whose host dies at a commit: of what was under way nothing happened or all of it, and afterwards nothing of
// that host happens any more.

import type { Database } from '../../../src/store/database.ts';

export interface CrashAt {
  /** The how many-th transaction from now on. */
  readonly commit: number;
  readonly moment: 'before' | 'after';
}

export interface Crashing {
  readonly database: Database<object>;
  /** Undefined: it does not die. */
  arm(at: CrashAt | undefined): void;
  readonly isDead: boolean;
  /** Transactions since it was armed. */
  readonly commits: number;
}

export class Died extends Error {}

export function crashingDatabase(inner: Database<object>): Crashing {
  let at: CrashAt | undefined;
  let commits = 0;
  let isDead = false;

  function die(): never {
    isDead = true;
    throw new Died('the host died');
  }

  function over<Tables>(database: Database<Tables>): Database<Tables> {
    return {
      ...database,
      get host() {
        return database.host;
      },
      get read() {
        if (isDead) throw new Died('the host died');
        return database.read;
      },
      async transaction(work, options) {
        if (isDead) throw new Died('the host died');
        commits += 1;
        const isHere = at !== undefined && at.commit === commits;
        const result = await database.transaction(async (tx) => {
          const done = await work(tx);
          if (isHere && at?.moment === 'before') die();
          return done;
        }, options);
        if (isHere) die();
        return result;
      },
      over: <Others>() => over(database.over<Others>()),
    };
  }

  return {
    database: over(inner),
    arm(next) {
      at = next;
      commits = 0;
    },
    get isDead() {
      return isDead;
    },
    get commits() {
      return commits;
    },
  };
}
