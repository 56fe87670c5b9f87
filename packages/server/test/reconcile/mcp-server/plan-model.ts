// One server under control, without effects: steps only change what is known and published.

import type { Desired } from '../../../src/reconcile/mcp-server/desired.ts';
import {
  fold,
  NOTHING_OBSERVED,
  type Observed,
  type Occurrence,
} from '../../../src/reconcile/mcp-server/observe.ts';
import { AS_APPROVED } from '../../../src/reconcile/mcp-server/pins/judge.ts';
import { plan, type Step } from '../../../src/reconcile/mcp-server/plan.ts';
import { createNameBook } from '../../../src/snapshot/names.ts';
import { buildSegment } from '../../../src/snapshot/segment.ts';
import type { ServerEntry } from '../../../src/snapshot/types.ts';
import { HANDSHAKE } from '../../snapshot/found.ts';
import { declared, type DeclaredOptions } from './declared.ts';

const T0 = 1_700_000_000_000;
export const server = 'git';

export function createModel(options: DeclaredOptions = {}) {
  let desired: Desired | undefined = declared(options);
  let observed: Observed = NOTHING_OBSERVED;
  let published: ServerEntry | undefined;
  let nowMs = T0;
  const book = createNameBook();

  function record(occurrence: Occurrence): void {
    if (desired === undefined) return;
    observed = fold(observed, occurrence, {
      nowMs,
      chance: 0.5,
      restart: desired.resource.spec.restart,
      maxFailures: desired.resource.spec.health.maxFailures,
      clean: (text) => text,
    });
  }

  function apply(step: Step): void {
    if (step.kind === 'declare') record({ kind: 'declared', generation: step.generation });
    else if (step.kind === 'dial') record({ ...step, kind: 'dialled' });
    else if (step.kind === 'hold') record({ ...step, kind: 'held' });
    else if (step.kind === 'rest') record({ ...step, kind: 'rested' });
    else if (step.kind === 'publish') published = step.entry;
    else if (step.kind === 'remove') {
      published = undefined;
      observed = NOTHING_OBSERVED;
    } else {
      const { discovery } = observed;
      if (discovery === undefined) throw new Error('there is nothing to catalogue');
      const { segment } = buildSegment(
        { server, ...step, found: discovery.found, isAllowed: () => true },
        book,
      );
      record({
        ...step,
        kind: 'catalogued',
        catalogued: { ...step, ...discovery, judgement: AS_APPROVED, segment },
      });
    }
  }

  const planned = () => plan({ desired, observed, published, nowMs });

  /** Plans and acts until there is nothing to do; gives back all steps. */
  function pass(): readonly Step[] {
    const all: Step[] = [];
    for (let turn = 0; turn < 10; turn++) {
      const { steps } = planned();
      if (steps.length === 0) return all;
      for (const step of steps) apply(step);
      all.push(...steps);
    }
    throw new Error(`no rest after ${JSON.stringify(all)}`);
  }

  return {
    record,
    pass,
    planned,
    kinds: (): readonly string[] => pass().map(({ kind }) => kind),
    declare(next: DeclaredOptions): void {
      desired = declared(next);
    },
    remove(): void {
      desired = undefined;
    },
    advance(ms: number): void {
      nowMs += ms;
    },
    now: () => nowMs,
    desired: () => desired,
    observed: () => observed,
    published: () => published,
    ready(): void {
      record({ kind: 'ready', server, attempt: observed.attempt, handshake: HANDSHAKE });
    },
    crash(kind: 'exited' | 'lost' | 'handshake' | 'auth_required' | 'idle' = 'exited'): void {
      record({ kind: 'ended', server, attempt: observed.attempt, end: { kind, reason: 'it broke' } });
    },
  };
}
