import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createStanding, type Kind } from '../../../src/coordination/dispatch/standing.ts';
import { type Candidate, obstacleFor } from '../../../src/coordination/scheduling/judge.ts';
import { classOf } from '../../../src/coordination/scheduling/requirements.ts';
import { isBetter, type WaitingAgent } from '../../../src/coordination/scheduling/schedule.ts';
import { scoreOf } from '../../../src/coordination/scheduling/score.ts';

const IDS = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay'];
const OPTIONS = { domainFiltering: true, loadBalancing: true };
const KINDS: readonly Kind[] = [[], ['a'], ['b']].flatMap((capabilities) =>
  [[], ['fast']].map((preferredTags) => ({
    taskClass: classOf({ domain: 'default', capabilities, tags: [], target: null }),
    preferredTags,
  })),
);

const agentArbitrary = fc.record({
  id: fc.constantFrom(...IDS),
  capabilities: fc.subarray(['a', 'b']),
  tags: fc.subarray(['fast']),
  usedSlots: fc.integer({ min: 0, max: 3 }),
  wants: fc.integer({ min: 0, max: 2 }),
  fitness: fc.constantFrom(0, 0.5, 1),
  isReady: fc.boolean(),
});

test('the best that wait are those that a look at all of them finds, whatever changed', () => {
  verifies('TSK-03');
  const step = fc.record({
    change: fc.option(agentArbitrary),
    kind: fc.constantFrom(...KINDS),
    count: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const agents = new Map<string, WaitingAgent & { readonly fitness: number }>();
      const fitnessOf = (id: string): number => agents.get(id)?.fitness ?? 0.5;
      const waiting = (id: string): WaitingAgent | undefined => {
        const known = agents.get(id);
        return known === undefined || known.wants === 0 ? undefined : known;
      };
      const standing = createStanding({
        waiting,
        candidates: () => agents.values().map(({ agent }) => agent),
        options: () => OPTIONS,
        fitnessOf,
      });
      for (const { change, kind, count } of steps) {
        if (change !== null) {
          agents.set(change.id, { agent: candidateOf(change), wants: change.wants, fitness: change.fitness });
          standing.touch(change.id);
        }
        const all = [...agents.keys()]
          .flatMap((id) => waiting(id)?.agent ?? [])
          .filter((agent) => obstacleFor(kind.taskClass, agent, OPTIONS) === undefined)
          .map((agent) => ({
            id: agent.id,
            score: scoreOf(kind.preferredTags, agent, fitnessOf(agent.id), OPTIONS),
          }))
          .toSorted((a, b) => (isBetter(a, b) ? -1 : 1));
        expect(standing.best(kind, count).map(({ agent }) => agent.id)).toEqual(
          all.slice(0, count).map(({ id }) => id),
        );
        expect(standing.count(kind)).toBe(all.length);
      }
    }),
  );
});

function candidateOf({
  id,
  capabilities,
  tags,
  usedSlots,
  isReady,
}: {
  readonly id: string;
  readonly capabilities: readonly string[];
  readonly tags: readonly string[];
  readonly usedSlots: number;
  readonly isReady: boolean;
}): Candidate {
  return {
    id,
    domain: 'default',
    capabilities: new Set(capabilities),
    tags: new Set(tags),
    phase: isReady ? 'Ready' : 'Unknown',
    status: 'available',
    maxTasks: 3,
    usedSlots,
  };
}
