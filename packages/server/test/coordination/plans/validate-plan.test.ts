import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_FINDINGS } from '../../../src/coordination/plans/findings.ts';
import { MAX_CHAIN, type PlanRules, validatePlan } from '../../../src/coordination/plans/validate-plan.ts';

interface Given {
  readonly id: string;
  readonly [field: string]: unknown;
}

const task = (id: string, fields: Record<string, unknown> = {}): Given => ({
  id,
  description: `do ${id}`,
  ...fields,
});

/** `code path: message` of every finding. */
function findingsOf(tasks: unknown, rules?: PlanRules): string[] {
  const checked = validatePlan({ tasks }, rules);
  if (checked.kind === 'valid') return [];
  return checked.findings.map(({ code, path, message }) => `${code} ${path}: ${message}`);
}

const codesOf = (tasks: unknown, rules?: PlanRules): string[] =>
  findingsOf(tasks, rules).map((line) => line.split(' ', 1)[0] ?? '');

describe('a plan', () => {
  test('that is right comes out with its defaults', () => {
    verifies('TSK-10');
    const tasks = [
      task('a', { write_set: ['src/a.ts'], budget: { tokens: 5 } }),
      task('b', { depends_on: ['a'], write_set: ['src/'] }),
    ];
    expect(validatePlan({ tasks }, { agents: [{ id: 'x', capabilities: [], tags: [] }] })).toMatchObject({
      kind: 'valid',
      chain: 2,
      plan: { tasks: [{ id: 'a', required_capabilities: [], depends_on: [] }, { id: 'b' }] },
    });
  });

  test.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['invalid tasks: required; add it']],
    ['no task', [], ['invalid tasks: must not be empty']],
    [
      'a number for an id',
      [{ id: 1, description: 'x' }],
      ['invalid tasks[0].id: must be text, but is the number `1`; write it in quotes: "1"'],
    ],
    ['no description', [{ id: 'a' }], ['invalid tasks[0].description: required; add it']],
    [
      'a field that nobody knows',
      [task('a', { dependsOn: [] })],
      ['invalid tasks[0].dependsOn: not a known field; did you mean `depends_on`?'],
    ],
    [
      'a path that leaves the root',
      [task('a', { write_set: ['ok', 'a/../../b'] })],
      ['invalid tasks[0].write_set[1]: must not leave the root by `..`'],
    ],
    [
      'an absolute path',
      [task('a', { write_set: ['/etc'] })],
      ['invalid tasks[0].write_set[0]: must be relative to the root of the work'],
    ],
    [
      'an id twice',
      [task('a'), task('a')],
      ['duplicate_id tasks[1].id: `a` is the id of tasks[0] already; give each task an id of its own'],
    ],
    [
      'a task that is not there',
      [task('a', { depends_on: ['b'] })],
      [
        'unknown_dependency tasks[0].depends_on[0]: there is no task `b` in the plan; add it, or remove it here',
      ],
    ],
    [
      'a task that needs itself',
      [task('a', { depends_on: ['a'] })],
      [
        'cycle tasks[0].depends_on: none of these could ever begin: `a` needs `a`; remove one of the dependencies',
      ],
    ],
    [
      'a cycle',
      [
        task('x', { depends_on: ['a'] }),
        task('a', { depends_on: ['b'] }),
        task('b', { depends_on: ['c'] }),
        task('c', { depends_on: ['a'] }),
      ],
      [
        'cycle tasks[1].depends_on: none of these could ever begin: `a` needs `b` needs `c` needs `a`; remove one of the dependencies',
      ],
    ],
  ])('with %s is refused', (_, tasks, expected) => {
    verifies('TSK-10');
    expect(findingsOf(tasks)).toEqual(expected);
  });

  test('that is no plan at all is refused', () => {
    verifies('TSK-10');
    for (const input of [null, 1, 'x', [], { tasks: 'x' }])
      expect(validatePlan(input)).toMatchObject({ kind: 'invalid', findings: [{ code: 'invalid' }] });
  });

  test('that no agent could do says why', () => {
    verifies('TSK-10');
    const agents = [
      { id: 'x', capabilities: ['csv'], tags: ['gpu'] },
      { id: 'y', capabilities: ['html'], tags: [] },
    ];
    const asks = (fields: Record<string, unknown>) => findingsOf([task('a', fields)], { agents });
    expect(asks({ required_capabilities: ['csv'], requiredTags: ['gpu'] })).toEqual([]);
    expect(asks({ required_capabilities: ['csv', 'sing'] })).toEqual([
      'unsatisfiable tasks[0].required_capabilities: no agent has the capability `sing`; register one that has, or ask for less',
    ]);
    expect(asks({ required_capabilities: ['html'], requiredTags: ['gpu'] })).toEqual([
      'unsatisfiable tasks[0].requiredTags: each of these is with some agent, but no agent has all of them; split the task, or register one that has',
    ]);
    expect(findingsOf([task('a')], { agents: [] })).toEqual([
      'unsatisfiable tasks[0].required_capabilities: there is no agent; register one, then submit the plan again',
    ]);
  });

  test('that costs more than is left is refused', () => {
    verifies('TSK-10', 'TSK-12');
    const budget = {
      of: 'the budget of run `r`',
      available: { tokens: 10, tasks: 2, depth: 1, wall_time_ms: 60_000 },
      depth: 1,
    };
    const costs = (tokens: number) => ({ budget: { tokens, wall_time: '30s' } });
    expect(findingsOf([task('a', costs(4)), task('b', costs(6))], { budgets: [budget] })).toEqual([]);
    expect(
      findingsOf([task('a', costs(5)), task('b', costs(6)), task('c', { budget: { tokens: 0, depth: 1 } })], {
        budgets: [budget],
      }),
    ).toEqual([
      'over_budget tasks: all tasks together need 11 tokens, and 10 are left of the budget of run `r`; ask for less, or have the limit raised',
      'unbudgeted tasks[2].budget: wall_time_ms are limited by the budget of run `r`, and `c` does not say how many it needs; add them to its budget',
      'over_budget tasks: all tasks together need 3 tasks, and 2 are left of the budget of run `r`; ask for less, or have the limit raised',
      'over_budget tasks: tasks would be 2 levels deep, and 1 are allowed by the budget of run `r`; do some of the work in the task that plans',
    ]);
  });

  test('whose tasks may write the same file at once is refused', () => {
    verifies('TSK-10');
    const writes = (id: string, glob: string, fields = {}) => task(id, { write_set: [glob], ...fields });
    expect(findingsOf([writes('a', 'src/*.ts'), writes('b', 'SRC/')])).toEqual([
      'overlapping_writes tasks[1].write_set[0]: `SRC/` and `src/*.ts` of `a` may be the same file, and both tasks may run at once; have `b` depend on `a` or the other way round, or make the globs narrower',
    ]);
    const between = task('m', { depends_on: ['a'] });
    expect(findingsOf([writes('a', 'x'), between, writes('b', 'x', { depends_on: ['m'] })])).toEqual([]);
    expect(codesOf([writes('a', 'x'), between, writes('b', 'x')])).toEqual(['overlapping_writes']);
  });

  test('has limits', () => {
    verifies('TSK-10');
    const chain = (length: number) =>
      Array.from({ length }, (_, at) => task(`t${at}`, { depends_on: at === 0 ? [] : [`t${at - 1}`] }));
    expect(findingsOf(chain(MAX_CHAIN))).toEqual([]);
    expect(findingsOf(chain(MAX_CHAIN + 1))).toEqual([
      'too_deep tasks[50].depends_on: 51 tasks from `t0` to `t50` have to wait for each other, and 50 may; merge some of them',
    ]);
    expect(codesOf(chain(501))).toEqual(['invalid']);
    const many = validatePlan({ tasks: Array.from({ length: 300 }, () => task('same')) });
    expect(many).toMatchObject({ kind: 'invalid', more: 299 - MAX_FINDINGS });
    const stars = Array.from({ length: 64 }, (_, at) => `${'*a'.repeat(120)}${at}`);
    expect(
      codesOf(
        Array.from({ length: 50 }, (_, at) =>
          task(`t${at}`, { write_set: stars.map((glob) => `${at}/${glob}`) }),
        ),
      ),
    ).toEqual([]);
    expect(
      codesOf(
        Array.from({ length: 50 }, (_, at) =>
          task(`t${at}`, { write_set: stars.map((glob) => `${glob}x${at}`) }),
        ),
      ),
    ).toEqual(['too_complex']);
  });
});

describe('whatever the dependencies are', () => {
  /** Up to 12 tasks that need any of each other. */
  const graph = fc.integer({ min: 1, max: 12 }).chain((size) =>
    fc.array(fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: 3 }), {
      minLength: size,
      maxLength: size,
    }),
  );
  const tasksOf = (before: readonly (readonly number[])[], fields = {}) =>
    before.map((needed, at) => task(`t${at}`, { depends_on: needed.map((one) => `t${one}`), ...fields }));

  /** Takes away what needs nothing that is left, again and again. */
  function canFinish(before: readonly (readonly number[])[]): boolean {
    const left = new Set(before.keys());
    for (let taken = true; taken;) {
      taken = false;
      for (const at of left)
        if ((before[at] ?? []).every((needed) => !left.has(needed))) taken = left.delete(at);
    }
    return left.size === 0;
  }

  test('a plan is refused for a cycle exactly when it could not be finished, and the cycle is one', () => {
    verifies('TSK-10');
    fc.assert(
      fc.property(graph, (before) => {
        const found = findingsOf(tasksOf(before)).filter((line) => line.startsWith('cycle'));
        expect(found.length === 0).toBe(canFinish(before));
        for (const line of found) {
          const round = [...line.matchAll(/`t(\d+)`/g)].map(([, at]) => Number(at));
          expect(round.at(0)).toBe(round.at(-1));
          for (const [index, at] of round.slice(0, -1).entries())
            expect(before[at]).toContain(round[index + 1]);
        }
      }),
    );
  });

  test('writers of one file are let in exactly when each pair of them has an order', () => {
    verifies('TSK-10');
    fc.assert(
      fc.property(graph, (before) => {
        // Only what comes earlier, so that there is no cycle.
        const sound = before.map((needed, at) => needed.filter((one) => one < at));
        const reaches = (from: number, to: number): boolean =>
          (sound[from] ?? []).some((one) => one === to || reaches(one, to));
        const unordered = sound.flatMap((_, a) =>
          sound.flatMap((__, b) => (a < b && !reaches(b, a) ? [[a, b]] : [])),
        );
        expect(codesOf(tasksOf(sound, { write_set: ['f'] }))).toEqual(
          unordered.map(() => 'overlapping_writes'),
        );
      }),
    );
  });
});
