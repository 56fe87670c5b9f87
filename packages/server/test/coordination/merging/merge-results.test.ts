import { MergeRequestSchema } from '@tutti/schemas';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { ModelAnswer, ModelProvider } from '../../../src/coordination/decomposition/ports.ts';
import { canonical, mergeJson, readJson } from '../../../src/coordination/merging/merge-json.ts';
import { mergeResults } from '../../../src/coordination/merging/merge-results.ts';

const never = new AbortController().signal;

/** One result per model `a`, `b`, … */
const merge = (
  strategy: string,
  contents: readonly string[],
  provider?: ModelProvider,
  scores: readonly number[] = [],
) =>
  mergeResults(
    MergeRequestSchema.parse({
      strategy,
      results: contents.map((content, at) => ({
        subtask_id: `s${at}`,
        model_id: String.fromCodePoint(97 + at),
        content,
        ...(scores[at] === undefined ? {} : { score: scores[at] }),
      })),
    }),
    provider,
    never,
  );

const providerThat = (answer: ModelAnswer): ModelProvider => ({
  name: 'main',
  model: 'm',
  ask: () => Promise.resolve(answer),
});

describe('results', () => {
  test('are put one after the other', async () => {
    verifies('TSK-09');
    expect(await merge('concatenate', ['one', 'two'])).toMatchObject({ content: 'one\n\ntwo' });
  });

  test('of JSON become one, and what contradicts itself is told', async () => {
    verifies('TSK-09');
    const merged = await merge('json', [
      '{"a":{"x":1,"l":[1]},"same":[1],"n":null}',
      '{"a":{"y":2,"l":[2]},"same":[1],"__proto__":{"z":1}}',
      '{"a":{"x":3}}',
    ]);
    expect(merged).toEqual({
      kind: 'merged',
      strategy: 'json',
      content: '{"a":{"x":1,"l":[1,2],"y":2},"same":[1,1],"n":null,"__proto__":{"z":1}}',
      conflicts: [
        {
          path: 'a.x',
          values: [
            { model_id: 'a', value: 1 },
            { model_id: 'c', value: 3 },
          ],
        },
      ],
    });
    expect(await merge('json', ['{}', 'no'])).toMatchObject({
      code: 'not_json',
      message: 'the result of `s1` is not JSON; mend it, or choose another strategy',
    });
  });

  test('are voted on; equal is what means the same, and names decide a tie', async () => {
    verifies('TSK-09');
    expect(await merge('vote', ['No', ' yes ', 'Yes'])).toMatchObject({
      content: ' yes ',
      votes: [{ model_ids: ['b', 'c'] }, { model_ids: ['a'] }],
    });
    expect(await merge('vote', ['{"a":1,"b":2}', 'x', '{ "b": 2, "a": 1 }'])).toMatchObject({
      content: '{"a":1,"b":2}',
    });
    expect(await merge('vote', ['x', 'y'])).toMatchObject({ content: 'x' });
    const twice = { subtask_id: 's', model_id: 'z', content: 'mine' };
    const request = MergeRequestSchema.parse({
      strategy: 'vote',
      results: [twice, twice, { ...twice, model_id: 'a', content: 'yours' }],
    });
    expect(await mergeResults(request, undefined, never)).toMatchObject({ content: 'yours' });
  });

  test('are judged by their scores', async () => {
    verifies('TSK-09');
    expect(await merge('best', ['x', 'y', 'z'], undefined, [1, 2, 2])).toMatchObject({
      content: 'y',
      model_id: 'b',
    });
    expect(await merge('best', ['x', 'y'], undefined, [1])).toMatchObject({ code: 'not_scored' });
  });

  test('are merged by a model, where there is one', async () => {
    verifies('TSK-09');
    expect(await merge('model', ['x'], providerThat({ kind: 'answer', text: 'all', tokens: 3 }))).toEqual({
      kind: 'merged',
      strategy: 'model',
      content: 'all',
      provider: 'main',
      tokens: 3,
    });
    const busy = providerThat({ kind: 'failed', code: 'busy', message: 'main (m): later' });
    expect(await merge('model', ['x'], busy)).toMatchObject({ code: 'model_failed' });
    expect(await merge('model', ['x'])).toMatchObject({ code: 'no_model' });
  });

  test('have limits', () => {
    const result = { subtask_id: 's', model_id: 'm', content: 'x'.repeat(1024 ** 2) };
    const times = (length: number) => Array.from({ length }, () => ({ ...result }));
    const isTaken = (results: unknown[]) => MergeRequestSchema.safeParse({ results }).success;
    expect([isTaken([]), isTaken(times(4)), isTaken(times(5))]).toEqual([false, true, false]);
    expect(isTaken([{ ...result, content: `${result.content}x` }])).toBe(false);
  });

  test('of JSON lose nothing and say the same in every order of members', () => {
    verifies('TSK-09');
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (left, right) => {
        const [a, b] = [left, right].map((value) => readJson(JSON.stringify(value)) ?? null);
        if (a === undefined || b === undefined) return;
        const said = [
          { model_id: 'a', value: a },
          { model_id: 'b', value: b },
        ];
        const { value, conflicts } = mergeJson(said);
        if (canonical(a) === canonical(b) && !JSON.stringify(a).includes('['))
          expect([canonical(value), conflicts]).toEqual([canonical(a), []]);
        const kept = JSON.stringify([value, conflicts]);
        const leaves = (one: unknown): string[] =>
          typeof one === 'object' && one !== null
            ? Object.values(one).flatMap(leaves)
            : [JSON.stringify(one)];
        for (const leaf of [...leaves(a), ...leaves(b)]) expect(kept).toContain(leaf);
      }),
    );
  });
});
