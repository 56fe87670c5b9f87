// Coordination on a store of a test.

import type { CoordinationDeps } from '../../../src/coordination/coordination.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import type { LeasesDeps } from '../../../src/coordination/leases-face.ts';
import { openTest } from '../../store/support/stores.ts';
import { MIGRATIONS, openOn, type TestCoordination } from './open-on.ts';

export { ADMIN, LOCAL, MIGRATIONS, openOn, STRANGER, type TestCoordination } from './open-on.ts';

export async function openFresh(
  url: string,
  clock?: Clock,
  more?: Partial<CoordinationDeps & LeasesDeps>,
): Promise<TestCoordination> {
  const database = await openTest(url, { migrations: MIGRATIONS, ...(clock === undefined ? {} : { clock }) });
  return await openOn(database.over<object>(), clock, more);
}
