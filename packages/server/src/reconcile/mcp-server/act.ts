// Carries out the steps of a plan: each becomes an occurrence that is known from then on, or goes out to the gateway.

import { withEntry, withoutEntry } from '../../snapshot/builder.ts';
import type { SnapshotPublisher } from '../../snapshot/publisher.ts';
import type { Segment } from '../../snapshot/types.ts';
import type { EventLog } from '../../resources/events/event-log.ts';
import type { Catalog } from './catalog.ts';
import type { DesiredServers } from './desired.ts';
import type { Observed, Occurrence } from './observe.ts';
import type { PinNews } from './pins/pin-news.ts';
import type { CatalogueInput, Step } from './plan.ts';

export interface ActDeps {
  readonly desired: DesiredServers;
  readonly publisher: SnapshotPublisher;
  readonly catalog: Catalog;
  readonly events: Pick<EventLog, 'add'>;
  readonly pinNews: PinNews;
  readonly observed: (server: string) => Observed | undefined;
  readonly record: (server: string, occurrence: Occurrence) => void;
  /** Drops all that is known of the server. */
  readonly forget: (server: string) => void;
}

export async function act(server: string, step: Step, deps: ActDeps): Promise<void> {
  switch (step.kind) {
    case 'declare':
      deps.record(server, { kind: 'declared', generation: step.generation });
      return;
    case 'dial':
      deps.record(server, { ...step, kind: 'dialled' });
      return;
    case 'hold':
      deps.record(server, { ...step, kind: 'held' });
      return;
    case 'rest':
      deps.record(server, { ...step, kind: 'rested' });
      return;
    case 'publish':
      deps.publisher.update((current) => withEntry(current, step.entry));
      return;
    case 'catalogue':
      await catalogue(server, step, deps);
      return;
    case 'remove':
      deps.publisher.update((current) => withoutEntry(current, server));
      deps.forget(server);
      deps.pinNews.forget(server);
      deps.events.add(server, 'MCPServerDeleted', 'is not declared any more');
      await deps.catalog.retire(server);
      return;
  }
}

async function catalogue(server: string, input: CatalogueInput, deps: ActDeps): Promise<void> {
  const before = deps.observed(server);
  const discovery = before?.discovery;
  if (discovery === undefined) return;
  const { segment, notes, judgement } = await deps.catalog.build(
    server,
    discovery,
    input,
    deps.desired.get(server)?.resource.spec.toolFilter,
  );
  deps.record(server, {
    kind: 'catalogued',
    catalogued: {
      configDigest: discovery.configDigest,
      found: discovery.found,
      ...input,
      judgement,
      segment: unchanged(before?.catalogued?.segment, segment),
    },
  });
  deps.pinNews.tell(server, judgement, input.pins);
  if (notes.length > 0) deps.events.add(server, 'MCPServerToolsDiscovered', notes.join('; '));
}

/** Equal segments stay one object, so that whoever compares sees at once that nothing changed. */
function unchanged(before: Segment | undefined, after: Segment): Segment {
  return before?.digest === after.digest && before.cached === after.cached ? before : after;
}
