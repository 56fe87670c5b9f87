import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { assignSubtasks, type Candidate } from '../../../src/coordination/assignment/assign-subtasks.ts';
import { compareModels, provenRate } from '../../../src/coordination/assignment/compare-models.ts';

const part = (id: string, ...required_capabilities: string[]) => ({
  id,
  description: id,
  required_capabilities,
});

describe('parts of a task', () => {
  test('go to who can do them, has room, and suits best', () => {
    verifies('TSK-09');
    const candidates: Candidate[] = [
      { id: 'b', capabilities: ['x'], fitness: 0.5 },
      { id: 'a', capabilities: ['x'], fitness: 0.5 },
      { id: 'c', capabilities: ['x', 'y'], fitness: 0.9, load: 1 },
    ];
    expect(
      assignSubtasks([part('1', 'x'), part('2', 'x'), part('3', 'y'), part('4', 'z')], candidates),
    ).toEqual({
      assignments: [
        { subtask_id: '1', model_id: 'a', reason: 'has x, and suits best of 3' },
        { subtask_id: '2', model_id: 'b', reason: 'has x, and suits best of 3' },
        { subtask_id: '3', model_id: 'c', reason: 'the only one that has y' },
      ],
      unassigned: [{ subtask_id: '4', reason: 'nobody has all of z; split it further, or add one that has' }],
    });
    expect(assignSubtasks([part('1')], []).unassigned[0]?.reason).toContain('nobody is available');
    const full = [{ id: 'a', capabilities: [], freeSlots: 0 }];
    expect(assignSubtasks([part('1')], full).unassigned[0]?.reason).toContain('no free slot');
  });

  test('move where that makes room for another', () => {
    verifies('TSK-09');
    const candidates = [
      { id: 'a', capabilities: ['x', 'y'], freeSlots: 1 },
      { id: 'b', capabilities: ['y'], freeSlots: 1 },
      { id: 'c', capabilities: ['x'], freeSlots: 1 },
    ];
    const { assignments } = assignSubtasks([part('1', 'x'), part('2', 'y'), part('3', 'y')], candidates);
    expect(assignments.map(({ model_id }) => model_id)).toEqual(['c', 'b', 'a']);
  });

  const word = fc.constantFrom('x', 'y', 'z');
  const parts = fc
    .array(fc.uniqueArray(word, { maxLength: 2 }), { maxLength: 5 })
    .map((all) => all.map((needed, at) => part(`${at}`, ...needed)));
  const candidates = fc
    .array(
      fc.record({
        capabilities: fc.uniqueArray(word),
        freeSlots: fc.integer({ min: 0, max: 2 }),
        load: fc.nat(3),
        fitness: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { maxLength: 4 },
    )
    .map((all) => all.map((one, at) => ({ ...one, id: `m${at}` })));

  test('are placed as many as can be, within everybody’s room, whatever the order of candidates', () => {
    verifies('TSK-09');
    const fits = (needed: readonly string[], { capabilities }: Candidate) =>
      needed.every((one) => capabilities.includes(one));
    fc.assert(
      fc.property(parts, candidates, (subtasks, all) => {
        const { assignments, unassigned } = assignSubtasks(subtasks, all);
        expect(assignments.length + unassigned.length).toBe(subtasks.length);
        for (const { subtask_id, model_id } of assignments) {
          const own = all.find(({ id }) => id === model_id);
          const needed = subtasks.find(({ id }) => id === subtask_id)?.required_capabilities ?? [];
          expect(own !== undefined && fits(needed, own)).toBe(true);
          expect(assignments.filter((one) => one.model_id === model_id).length).toBeLessThanOrEqual(
            own?.freeSlots ?? 0,
          );
        }
        // The most by trying everything.
        const most = (at: number, room: readonly number[]): number => {
          const next = subtasks[at];
          if (next === undefined) return 0;
          const tries = all.flatMap((one, index) =>
            (room[index] ?? 0) > 0 && fits(next.required_capabilities, one)
              ? [
                  1 +
                    most(
                      at + 1,
                      room.map((left, other) => (other === index ? left - 1 : left)),
                    ),
                ]
              : [],
          );
          return Math.max(most(at + 1, room), ...tries);
        };
        expect(assignments).toHaveLength(
          most(
            0,
            all.map(({ freeSlots }) => freeSlots),
          ),
        );
        expect(assignSubtasks(subtasks, all)).toEqual({ assignments, unassigned });
      }),
      { numRuns: 200 },
    );
  });
});

describe('models', () => {
  const figures = (
    model_id: string,
    task_class: string,
    succeeded: number,
    failed: number,
    duration_ms = 0,
  ) => ({
    model_id,
    task_class,
    succeeded,
    failed,
    duration_ms,
    cost_micros: 10 * (succeeded + failed),
  });

  test('are compared by what they declare and what was measured', () => {
    verifies('TSK-09', 'AGT-08');
    const declared = [
      { id: 'lucky', capabilities: ['csv'] },
      { id: 'proven', capabilities: ['csv', 'html'] },
      { id: 'other', capabilities: ['html'] },
    ];
    const measured = [
      figures('lucky', 'csv', 1, 0),
      figures('proven', 'csv', 90, 10, 5_000),
      figures('proven', 'html', 0, 100),
      figures('other', 'csv', 1_000, 0),
    ];
    const rows = compareModels(['other', 'lucky', 'proven', 'nobody'], ['csv'], declared, measured);
    expect(rows.map(({ model_id, capable }) => [model_id, capable])).toEqual([
      ['proven', true],
      ['lucky', true],
      ['other', false],
      ['nobody', false],
    ]);
    expect(rows[0]).toMatchObject({
      measured: 100,
      success_rate: 0.9,
      mean_duration_ms: 50,
      mean_cost_micros: 10,
    });
    expect(rows[3]).toEqual({
      model_id: 'nobody',
      capable: false,
      missing_capabilities: ['csv'],
      measured: 0,
      proven_rate: 0,
    });
    const all = compareModels(['proven', 'lucky'], [], declared, measured);
    expect(all.find(({ model_id }) => model_id === 'proven')).toMatchObject({ measured: 200 });
  });

  test('prove a rate the better the more often they were measured, and never more than it is', () => {
    verifies('TSK-09');
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (succeeded, failed) => {
        const measured = succeeded + failed;
        const proven = provenRate(succeeded, measured);
        expect(proven).toBeGreaterThanOrEqual(0);
        if (measured === 0) return;
        expect(proven).toBeLessThanOrEqual(succeeded / measured + 1e-12);
        expect(provenRate(succeeded * 2, measured * 2)).toBeGreaterThanOrEqual(proven - 1e-12);
      }),
    );
  });
});
