// That the store takes nothing, and that it takes everything again: an event, and a line of the log.

import type { EventLog } from '../resources/events/event-log.ts';
import { NATIVE_SERVER } from '../snapshot/types.ts';
import type { Events } from '../telemetry/events.ts';
import type { EventHistory } from './bindings/event-history/event-history.ts';
import type { StoreHealth } from './store-health.ts';

export interface StoreHealthListeners {
  readonly events: Pick<EventLog, 'add'>;
  readonly happenings: Pick<Events, 'storeFailed' | 'storeRecovered'>;
  readonly history: Pick<EventHistory, 'flush'>;
}

export function tellStoreHealth(
  health: StoreHealth,
  { events, happenings, history }: StoreHealthListeners,
): ReturnType<StoreHealth['start']> {
  return health.start({
    changed(trouble) {
      if (trouble === undefined) {
        events.add(NATIVE_SERVER, 'StoreRecovered', 'it takes everything again');
        happenings.storeRecovered();
      } else {
        events.add(NATIVE_SERVER, 'StoreFailed', trouble);
        happenings.storeFailed(trouble);
      }
    },
    // That it failed is to be written, too.
    probe: () => history.flush(),
  });
}
