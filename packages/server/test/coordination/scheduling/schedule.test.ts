import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { type Candidate, obstacleFor } from '../../../src/coordination/scheduling/judge.ts';
import { PRIORITY_STEP_MS, rankMs } from '../../../src/coordination/scheduling/rank.ts';
import { classOf } from '../../../src/coordination/scheduling/requirements.ts';
import {
  schedule,
  type ScheduleOptions,
  type WaitingAgent,
  type WaitingTask,
} from '../../../src/coordination/scheduling/schedule.ts';
import { scoreOf } from '../../../src/coordination/scheduling/score.ts';

const OPTIONS: ScheduleOptions = { domainFiltering: true, loadBalancing: true, fitnessOf: () => 0.5 };

function agent(id: string, more: Partial<Candidate> = {}, wants = 100): WaitingAgent {
  const candidate: Candidate = {
    id,
    domain: 'default',
    capabilities: new Set(['a', 'b']),
    tags: new Set(),
    phase: 'Ready',
    status: 'available',
    maxTasks: 2,
    usedSlots: 0,
    ...more,
  };
  return { agent: candidate, wants };
}

function task(id: string, more: Partial<WaitingTask> & { capabilities?: string[] } = {}): WaitingTask {
  const { capabilities = [], ...rest } = more;
  const taskClass = classOf({ domain: 'default', capabilities, tags: [], target: null });
  return { id, rankMs: 0, taskClass, preferredTags: [], ...rest };
}

const pairs = (tasks: readonly WaitingTask[], agents: readonly WaitingAgent[], options = OPTIONS) =>
  schedule(tasks, agents, options).map(({ taskId, agentId }) => `${taskId} ${agentId}`);

describe('scheduling', () => {
  test('the higher priority first, then the older; ties by name', () => {
    verifies('TSK-03');
    const now = 1_000_000_000;
    const old = task('old', { rankMs: rankMs(5, now - 1_000) });
    const urgent = task('urgent', { rankMs: rankMs(8, now) });
    const young = task('young', { rankMs: rankMs(5, now) });
    const one = [agent('ada', { maxTasks: 1 })];
    expect(pairs([young, old, urgent], one)).toEqual(['urgent ada']);
    expect(pairs([young, old], one)).toEqual(['old ada']);
    expect(pairs([task('b'), task('a')], [agent('bob'), agent('ada')])).toEqual(['a ada', 'b bob']);
  });

  test('no priority starves: a task gains a step while it waits', () => {
    verifies('TSK-03');
    const now = 1_000_000_000;
    const low = task('low', { rankMs: rankMs(1, now - 9 * PRIORITY_STEP_MS - 1) });
    const high = task('high', { rankMs: rankMs(10, now) });
    expect(pairs([high, low], [agent('ada', { maxTasks: 1 })])).toEqual(['low ada']);
  });

  test('free slots, preferred tags and what an agent has shown decide', () => {
    verifies('TSK-03', 'TSK-15');
    const busy = agent('busy', { usedSlots: 1 });
    const free = agent('free');
    expect(pairs([task('t')], [busy, free])).toEqual(['t free']);
    const tagged = agent('tagged', { usedSlots: 1, tags: new Set(['gpu']) });
    expect(pairs([task('t', { preferredTags: ['gpu'] })], [free, tagged])).toEqual(['t tagged']);
    const fitnessOf = (id: string) => (id === 'busy' ? 1 : 0);
    expect(pairs([task('t')], [busy, free], { ...OPTIONS, fitnessOf })).toEqual(['t busy']);
    expect(pairs([task('t')], [busy, free], { ...OPTIONS, loadBalancing: false })).toEqual(['t busy']);
  });

  test('hard rules hold, whatever the score', () => {
    verifies('TSK-03', 'AGT-06');
    const wanted = task('t', { capabilities: ['fly'] });
    const flies = { capabilities: new Set(['fly']) };
    for (const more of [
      {},
      { ...flies, phase: 'NotReady' as const },
      { ...flies, status: 'error' as const },
      { ...flies, usedSlots: 2 },
      { ...flies, domain: 'other' },
    ])
      expect(pairs([wanted], [agent('ada', more)])).toEqual([]);
    expect(pairs([wanted], [agent('ada', flies)])).toEqual(['t ada']);
    expect(
      pairs([wanted], [agent('ada', { ...flies, domain: 'other' })], { ...OPTIONS, domainFiltering: false }),
    ).toEqual(['t ada']);
  });

  test('decides as if each task looked at every agent', () => {
    verifies('TSK-03');
    const word = fc.constantFrom('a', 'b', 'c');
    const words = fc.uniqueArray(word, { maxLength: 2 });
    const agents = fc.uniqueArray(
      fc.record({
        id: fc.nat(50),
        has: words,
        tags: words,
        max: fc.integer({ min: 1, max: 3 }),
        used: fc.nat(3),
        wants: fc.nat(3),
      }),
      { maxLength: 8, selector: ({ id }) => id },
    );
    const tasks = fc.uniqueArray(
      fc.record({ id: fc.nat(50), wants: words, prefers: words, rank: fc.nat(3) }),
      { maxLength: 12, selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(agents, tasks, (someAgents, someTasks) => {
        const waiting = someAgents.map(({ id, has, tags, max, used, wants }) =>
          agent(
            `a${id}`,
            { capabilities: new Set(has), tags: new Set(tags), maxTasks: max, usedSlots: used },
            wants,
          ),
        );
        const wanted = someTasks.map(({ id, wants, prefers, rank }) =>
          task(`t${id}`, { capabilities: wants, preferredTags: prefers, rankMs: rank }),
        );
        const fitnessOf = (id: string): number => (id.length % 2) / 2;
        const options = { ...OPTIONS, fitnessOf };
        expect(pairs(wanted, waiting, options)).toEqual(oneByOne(wanted, waiting, options));
      }),
      { numRuns: 2_000 },
    );
  });
});

function oneByOne(
  tasks: readonly WaitingTask[],
  agents: readonly WaitingAgent[],
  options: ScheduleOptions,
): readonly string[] {
  const left = agents.map(({ agent: one, wants }) => ({ one, wants }));
  const given: string[] = [];
  for (const { id, taskClass, preferredTags } of tasks.toSorted(
    (a, b) => a.rankMs - b.rankMs || (a.id < b.id ? -1 : 1),
  )) {
    const [best] = left
      .filter(({ one, wants }) => wants > 0 && obstacleFor(taskClass, one, options) === undefined)
      .map((waiting) => {
        const { one } = waiting;
        const score = scoreOf(preferredTags, one, options.fitnessOf(one.id, taskClass.id), options).total;
        return { waiting, score };
      })
      .toSorted((a, b) => b.score - a.score || (a.waiting.one.id < b.waiting.one.id ? -1 : 1));
    if (best === undefined) continue;
    const { waiting } = best;
    given.push(`${id} ${waiting.one.id}`);
    waiting.one = { ...waiting.one, usedSlots: waiting.one.usedSlots + 1 };
    waiting.wants -= 1;
  }
  return given;
}
