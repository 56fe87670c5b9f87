// Runs the server suites: directly against the fixture, and through the gateway in every pairing of eras.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { startGateway, type GatewayServer } from '../support/gateway.ts';
import type { Run } from './report.ts';
import { runServerSuite, serverScenarios, type Revision } from './suite.ts';

type Era = 'legacy' | 'modern';

const ERA: Readonly<Record<Revision, Era>> = { '2025-11-25': 'legacy', '2026-07-28': 'modern' };

/** Suites that run at once: they mostly wait. */
const CONCURRENT_RUNS = 3;

/** Directly against the fixture, through the gateway, or through it with a server of the other era. */
export type Kind = 'direct' | 'through' | 'cross';

export interface ServerRun extends Run {
  readonly revision: Revision;
  readonly kind: Kind;
  readonly transport: 'http' | 'stdio';
}

type Plan = Pick<ServerRun, 'revision' | 'kind' | 'transport'> & { readonly era: Era };

/** Every run of a revision; direct runs are over HTTP, since the suite speaks nothing else. */
function plansOf(revision: Revision, kinds: ReadonlySet<Kind>): readonly Plan[] {
  const same = ERA[revision];
  const other: Era = same === 'legacy' ? 'modern' : 'legacy';
  const transports = ['http', 'stdio'] as const;
  const plans: readonly Plan[] = [
    { revision, kind: 'direct', transport: 'http', era: same },
    ...transports.map((transport) => ({ revision, kind: 'through' as const, transport, era: same })),
    ...transports.map((transport) => ({ revision, kind: 'cross' as const, transport, era: other })),
  ];
  return plans.filter(({ kind }) => kinds.has(kind));
}

const TITLES = {
  direct: () => 'direct',
  through: (transport: string) => `through, ${transport}`,
  cross: (transport: string) => `through, ${transport}, other era`,
};

/** Each run has a fixture of its own, since scenarios change what it lists; one gateway serves them all. */
export async function runPairings(
  revisions: readonly Revision[],
  kinds: ReadonlySet<Kind>,
): Promise<readonly ServerRun[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tutti-conformance-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const plans = revisions.flatMap((revision) => plansOf(revision, kinds));

  const targets = new Map<Plan, string>();
  const servers: Record<string, GatewayServer> = {};
  for (const plan of plans) {
    const { transport, era, kind } = plan;
    if (kind !== 'direct') servers[nameOf(plan)] = fixtureCommand(era);
    if (transport === 'stdio') continue;
    const { url } = stack.use(await startHttpFixture(era));
    targets.set(plan, url);
    if (kind !== 'direct') servers[nameOf(plan)] = { type: 'http', url };
  }
  if (plans.some(({ kind }) => kind !== 'direct')) {
    const gateway = stack.use(await startGateway({ servers }));
    for (const plan of plans) if (plan.kind !== 'direct') targets.set(plan, gateway.serverUrl(nameOf(plan)));
  }

  return await inParallel(plans, async (plan) => {
    const { revision, kind, transport } = plan;
    const findings = await runServerSuite(targets.get(plan) ?? '', revision, join(folder, nameOf(plan)));
    const scenarios = await serverScenarios(revision);
    return { title: TITLES[kind](transport), revision, kind, transport, scenarios, findings };
  });
}

function nameOf({ revision, kind, transport }: Plan): string {
  return `${kind}-${transport}-${revision}`;
}

export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: CONCURRENT_RUNS }, worker));
  // Only now: what a failed run leaves behind must not be torn away under the others.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}
