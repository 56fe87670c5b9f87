// What the reconciler would do if other servers were declared: its own passes, made on a copy of all that it knows.
// Nothing is started, published or kept.

import { createSnapshotPublisher } from '../../snapshot/publisher.ts';
import { withFamilies } from '../../snapshot/families.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import { act, type ActDeps } from './act.ts';
import type { Catalog } from './catalog.ts';
import type { Desired } from './desired.ts';
import { fold, NOTHING_OBSERVED, type Observed, type Occurrence } from './observe.ts';
import { runPass } from './pass.ts';
import type { Step } from './plan.ts';

export interface PreviewedServer {
  readonly steps: readonly Step[];
  /** What is known of it now; undefined for one that is not declared yet. */
  readonly before: Observed | undefined;
  /** Undefined for one that would not be declared any more. */
  readonly after: Observed | undefined;
}

export interface Preview {
  /** What would be in force, as far as it can be known before anything starts. */
  readonly snapshot: Snapshot;
  /** All servers that are or would be declared, by name. */
  readonly servers: ReadonlyMap<string, PreviewedServer>;
}

export interface PreviewInput {
  /** What would be declared. */
  readonly desired: readonly Desired[];
  readonly known: ReadonlyMap<string, Observed>;
  readonly published: Snapshot;
  /** A copy: it is written to. */
  readonly catalog: Catalog;
  readonly nowMs: number;
}

export async function preview(input: PreviewInput): Promise<Preview> {
  const { catalog, nowMs } = input;
  const wanted = new Map(input.desired.map((one) => [one.resource.name, one]));
  const known = new Map(input.known);
  const steps = new Map<string, Step[]>();
  const observed = (server: string): Observed => known.get(server) ?? NOTHING_OBSERVED;

  function record(server: string, occurrence: Occurrence): void {
    const spec = wanted.get(server)?.resource.spec;
    if (spec === undefined) return;
    const { restart, health } = spec;
    const context = { nowMs, chance: 0, restart, maxFailures: health.maxFailures, clean: (t: string) => t };
    known.set(server, fold(observed(server), occurrence, context));
  }

  const publisher = createSnapshotPublisher({
    listenerFailed: () => {},
    complete: (next, previous) => withFamilies(next, previous, catalog.families),
    initial: input.published,
  });
  const actDeps: ActDeps = {
    desired: {
      list: () => input.desired,
      get: (server) => wanted.get(server),
      watch: () => ({ [Symbol.dispose]() {} }),
    },
    publisher,
    catalog,
    events: { add: () => {} },
    pinNews: { tell: () => {}, forget: () => {} },
    observed,
    record,
    forget: (server) => void known.delete(server),
  };

  const names = [...new Set([...input.known.keys(), ...wanted.keys()])].sort();
  // What a server of that identity showed once, it will show again; asked before any of them is forgotten.
  const shown = new Map(
    input.desired.map(({ resource: { name }, identityDigest }) => [
      name,
      observed(name).discovery?.configDigest === identityDigest
        ? undefined
        : catalog.recallIdentity(identityDigest),
    ]),
  );
  for (const name of names) {
    const taken: Step[] = [];
    steps.set(name, taken);
    const cached = shown.get(name);
    if (cached !== undefined) record(name, { kind: 'loaded', ...cached });
    await runPass(name, {
      desired: (server) => wanted.get(server),
      observed,
      published: (server) => publisher.current().servers.get(server),
      nowMs: () => nowMs,
      async act(server, step) {
        taken.push(step);
        await act(server, step, actDeps);
      },
    });
  }
  const servers = names.map((name): [string, PreviewedServer] => [
    name,
    {
      steps: steps.get(name) ?? [],
      before: input.known.get(name),
      after: wanted.has(name) ? known.get(name) : undefined,
    },
  ]);
  return { snapshot: publisher.current(), servers: new Map(servers) };
}
