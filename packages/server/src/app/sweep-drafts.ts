// Removes the drafts that an earlier run left beside the declaring files: at the start, and once more when those that were
// too young then are not any more.

import type { Clock } from '../kernel/clock.ts';
import type { ResourceStore } from '../resources/store.ts';
import { DRAFT_MAX_AGE_MS, sweepDrafts } from '../sources/files/drafts.ts';

export function sweepLeftDrafts(store: Pick<ResourceStore, 'list'>, clock: Clock): AsyncDisposable {
  let again: Disposable | undefined;
  let sweeping = sweep(true);

  async function sweep(isFirst: boolean): Promise<void> {
    const files = store
      .list()
      .flatMap(({ resource: { origin } }) => (origin.kind === 'file' ? [origin.path] : []));
    const isAnyYoung = await sweepDrafts(new Set(files), clock.nowMs());
    if (isAnyYoung && isFirst)
      again = clock.after(DRAFT_MAX_AGE_MS, () => {
        sweeping = sweep(false);
      });
  }

  return {
    async [Symbol.asyncDispose]() {
      await sweeping;
      again?.[Symbol.dispose]();
      await sweeping;
    },
  };
}
