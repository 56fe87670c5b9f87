// Graphs against a model of them: whatever is done in whatever order, both agree on the answers, on what is in the graph
// afterwards, and on what a search finds in which order, which so is the same on every database.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { Knowledge } from '../../../src/coordination/knowledge/knowledge.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import { closeStoresAfterTests, stores } from '../../store/support/stores.ts';
import { LOCAL, openFresh } from '../support/open.ts';
import { createModel, type GraphModel, type GraphOp, searched, step } from './graph-model.ts';

closeStoresAfterTests();

const RUNS = Number(process.env['TUTTI_TEST_RUNS'] ?? '150');

const name = fc.constantFrom('userService', 'user service', 'Zürich', 'billing', 'Anna', 'データベース接続');
const word = fc.constantFrom('user', 'service', 'zurich', 'bills', 'broken', 'anna', 'the', '接続', 'X-1');
const text = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(' '));
const observations = fc.array(text, { maxLength: 3 });
const entity = fc.record({ name, entityType: fc.constantFrom('person', 'service'), observations });
const relation = fc.record({ from: name, to: name, relationType: fc.constantFrom('calls', 'owns') });
const ops: fc.Arbitrary<GraphOp> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('create' as const), entities: some(entity) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('update' as const),
      name,
      newName: fc.option(name, { nil: undefined }),
      observations: fc.option(observations, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('delete' as const), names: some(name) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom('add' as const, 'remove' as const),
      name,
      observations: some(text),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom('relate' as const, 'relate' as const, 'unrelate' as const),
      relations: some(relation),
    }),
  },
);

function some<Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Item[]> {
  return fc.array(item, { minLength: 1, maxLength: 3 });
}

async function act(knowledge: Knowledge, project: string, op: GraphOp): Promise<unknown> {
  const change = { project, by: LOCAL };
  switch (op.op) {
    case 'create':
      return await knowledge.createEntities(
        op.entities.map((one) => ({ ...one, observations: [...one.observations], metadata: {} })),
        change,
      );
    case 'update': {
      const { name: of, newName: new_name, observations: all } = op;
      const changed = { ...(all && { observations: [...all] }), ...(new_name && { new_name }) };
      return { name: (await knowledge.updateNode(of, changed, change)).name };
    }
    case 'delete':
      return await knowledge.deleteEntities(op.names, change);
    case 'add':
      return await knowledge.addObservations(
        [{ entityName: op.name, contents: [...op.observations] }],
        change,
      );
    case 'remove':
      return await knowledge.deleteObservations(
        [{ entityName: op.name, observations: [...op.observations] }],
        change,
      );
    case 'relate':
      return await knowledge.createRelations(
        op.relations.map((one) => ({ ...one, weight: 1, metadata: {} })),
        change,
      );
    case 'unrelate':
      return await knowledge.deleteRelations(op.relations, change);
  }
}

/** All pages, of as many items as are wanted. */
async function wholeGraph(knowledge: Knowledge, project: string, limit: number) {
  const all: GraphModel = createModel();
  let totals = [0, 0];
  let cursor: string | undefined;
  do {
    const page = await knowledge.graph(project, { limit, cursor });
    for (const { name: of, entityType, observations: said } of page.entities)
      all.entities.set(of, { name: of, entityType, observations: said });
    for (const { from, to, relationType } of page.relations)
      all.relations.set([from, relationType, to].join('\n'), { from, to, relationType });
    totals = [page.total_entities, page.total_relations];
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { entities: [...all.entities.values()], relations: sorted(all), totals };
}

const sorted = ({ relations }: GraphModel) => [...relations.keys()].toSorted();

describe.each(stores)('graphs on $name', ({ freshUrl }) => {
  test('are what the model says, and are searched as it says', async () => {
    verifies('KNW-01');
    await using host = await openFresh(freshUrl());
    const { knowledge } = host;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        // Most of what is there is related to something.
        fc
          .tuple(
            fc.record({
              op: fc.constant('create' as const),
              entities: fc.array(entity, { minLength: 4, maxLength: 8 }),
            }),
            fc.array(ops, { maxLength: 25 }),
          )
          .map(([first, more]) => [first, ...more]),
        fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('serv', 'zür', 'data', '接', 'nobody'),
        async (program, queries, beginning) => {
          const project = `project ${(runs += 1)}`;
          const model = createModel();
          for (const op of program) {
            const expected = step(model, op);
            const answer = await act(knowledge, project, op).catch((error: unknown) => {
              if (error instanceof AppError) return error.code;
              throw error;
            });
            expect(answer, JSON.stringify(op)).toEqual(expected);
          }
          expect(await wholeGraph(knowledge, project, 2)).toEqual({
            entities: [...model.entities.values()],
            relations: sorted(model),
            totals: [model.entities.size, model.relations.size],
          });
          for (const query of [...queries.map((words) => words.join(' ')), beginning]) {
            const { entities } = await knowledge.search(project, { query, limit: 100 });
            expect(
              entities.map((one) => one.name),
              query,
            ).toEqual(searched(model, query));
          }
        },
      ),
      { numRuns: RUNS },
    );
  }, 600_000);
});
