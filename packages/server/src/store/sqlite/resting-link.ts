// The store's thread while it is needed: a thread costs 20 MB, and a host that has nothing to write for a while is better
// off without it. It is closed after a rest, and started again by whoever comes next; they notice nothing but the time that
// takes. While something is under way or a transaction or a snapshot is open it stays.

import type { Clock } from '../../kernel/clock.ts';
import type { Outcome } from '../statement.ts';
import type { Request } from './protocol.ts';
import type { OpeningLink, WorkerLink } from './worker-link.ts';

/** How long nobody must have used the store. */
export const REST_AFTER_MS = 10_000;

export interface RestingLinkDeps {
  /** Opens the store in a thread of its own. Requests are taken at once; they fail when the opening does. */
  readonly start: () => OpeningLink;
  readonly clock: Pick<Clock, 'after'>;
}

export function createRestingLink({ start, clock }: RestingLinkDeps): WorkerLink {
  /** One that died stays: what is under way must not go on in another. */
  let awake: OpeningLink | undefined;
  /** The one before has the file until it has ended. */
  let ending: Promise<void> | undefined;
  const waiting: ((link: WorkerLink) => void)[] = [];
  let open = 0;
  let rest: Disposable | undefined;
  let closed = false;

  function beforeUse(request: Request): void {
    rest?.[Symbol.dispose]();
    rest = undefined;
    open += OPENS[request.kind] ?? 0;
    if (request.kind === 'begin' && request.first) open += 1;
  }

  function use(run: (link: WorkerLink) => void): void {
    if (ending !== undefined) waiting.push(run);
    else run((awake ??= start()));
  }

  function afterUse(): void {
    open -= 1;
    if (open > 0 || closed) return;
    if (awake?.isUnopened === true) {
      // Nothing of it is under way; whoever comes next tries again.
      awake = undefined;
      return;
    }
    rest = clock.after(REST_AFTER_MS, () => {
      rest = undefined;
      ending = end();
    });
  }

  async function end(): Promise<void> {
    const link = awake;
    awake = undefined;
    try {
      await link?.[Symbol.asyncDispose]();
    } catch {
      // What it had to do was done; how it ended is nobody's concern.
    }
    ending = undefined;
    for (const run of waiting.splice(0)) use(run);
  }

  return {
    async ask(request) {
      beforeUse(request);
      open += 1;
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      use((link) => resolve(link.ask(request)));
      try {
        return await promise;
      } catch (error) {
        if (request.kind === 'openSnapshot') open -= 1;
        throw error;
      } finally {
        afterUse();
      }
    },
    tell(request) {
      beforeUse(request);
      use((link) => link.tell(request));
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      rest?.[Symbol.dispose]();
      await ending;
      await awake?.[Symbol.asyncDispose]();
    },
  };
}

/** What keeps the thread beyond its own answer, until the other one of the pair is asked for. */
const OPENS: Partial<Record<Request['kind'], number>> = { commit: -1, openSnapshot: 1, closeSnapshot: -1 };
