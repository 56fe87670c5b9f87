import { type DecompositionRequest, DecompositionRequestSchema, MAX_SUBTASKS } from '@tutti/schemas';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { decomposeTask } from '../../../src/coordination/decomposition/decompose.ts';
import type { ModelAnswer, ModelProvider } from '../../../src/coordination/decomposition/ports.ts';
import { splitTask } from '../../../src/coordination/decomposition/split-text.ts';

const never = new AbortController().signal;
const models = [
  { id: 'x', model_type: 'small', capabilities: ['csv-transform', 'html'] },
  { id: 'y', model_type: 'large', capabilities: ['sing'] },
];
const request = (change: Partial<DecompositionRequest> = {}): DecompositionRequest => ({
  task: 'Do this.',
  available_models: models,
  ...change,
});

function modelThatSays(...answers: readonly (string | ModelAnswer)[]) {
  const asked: string[] = [];
  const left = [...answers];
  const provider: ModelProvider = {
    name: 'main',
    model: 'm',
    ask: ({ input }) => {
      asked.push(input);
      const next = left.shift() ?? '';
      return Promise.resolve(
        typeof next === 'string' ? { kind: 'answer', text: next, tokens: undefined } : next,
      );
    },
  };
  return { asked, provider };
}

describe('a task is split', () => {
  test('by the plan of the caller, when that is sound', async () => {
    verifies('TSK-08', 'TSK-10');
    const { asked, provider } = modelThatSays();
    const part = { id: 'a', description: 'd', required_capabilities: ['sing'] };
    const deps = { provider, onFailure: 'fail' } as const;
    const plan = { tasks: [part, { ...part, id: 'b', depends_on: ['a'] }] };
    expect(await decomposeTask(deps, request({ plan }), never)).toMatchObject({
      kind: 'decomposed',
      method: 'plan',
      subtasks: [{ id: 'a' }, { id: 'b', depends_on: ['a'] }],
    });
    const unsound = { tasks: [{ ...part, required_capabilities: ['fly'] }, part] };
    expect(await decomposeTask(deps, request({ plan: unsound }), never)).toMatchObject({
      kind: 'failed',
      code: 'invalid_plan',
      findings: [{ code: 'duplicate_id' }, { code: 'unsatisfiable' }],
    });
    expect(await decomposeTask(deps, request({ plan: null }), never)).toMatchObject({ code: 'invalid_plan' });
    expect(asked).toEqual([]);
  });

  test('by a model, whatever it says around its answer', async () => {
    verifies('TSK-08');
    const { provider } = modelThatSays(
      'Sure!\n```json\n{"subtasks":[{"id":"a","description":"d"}]}\n```\nDone.',
    );
    expect(await decomposeTask({ provider, onFailure: 'fail' }, request(), never)).toMatchObject({
      method: 'model',
      subtasks: [{ id: 'a', description: 'd', required_capabilities: [] }],
    });
  });

  const twice = '{"subtasks":[{"id":"a","description":"d"},{"id":"a","description":"d"}]}';
  test.each([
    ['no JSON', 'I will not', 'it is not JSON'],
    ['another shape', '{"parts":[]}', 'subtasks: required; add it'],
    ['nothing', '{"subtasks":[]}', 'subtasks: must not be empty'],
    ['an id twice', twice, 'subtasks[1].id: `a` is there twice'],
    [
      'too many',
      JSON.stringify({
        subtasks: Array.from({ length: MAX_SUBTASKS + 1 }, (_, at) => ({ id: `${at}`, description: 'd' })),
      }),
      'subtasks: must be at most 100 entries',
    ],
  ])('without the model when that says %s twice, by policy', async (_, answer, complaint) => {
    verifies('TSK-08');
    const first = modelThatSays(answer, answer, '{"subtasks":[{"id":"a","description":"d"}]}');
    const split = await decomposeTask({ provider: first.provider, onFailure: 'split' }, request(), never);
    expect(split).toMatchObject({
      kind: 'decomposed',
      method: 'split',
      note: expect.stringContaining(complaint),
    });
    expect(first.asked).toHaveLength(2);
    expect(first.asked[1]).toContain(complaint);
    const second = modelThatSays(answer, answer);
    expect(
      await decomposeTask({ provider: second.provider, onFailure: 'fail' }, request(), never),
    ).toMatchObject({
      kind: 'failed',
      code: 'model_failed',
      message: expect.stringContaining('submit a plan of your own'),
    });
  });

  test('by a model at its second try', async () => {
    verifies('TSK-08');
    const { provider } = modelThatSays('no', '[1] {"subtasks":[{"id":"a","description":"d"}]}', '');
    const bad = await decomposeTask({ provider, onFailure: 'fail' }, request(), never);
    expect(bad).toMatchObject({ kind: 'failed' });
    const good = modelThatSays('no', '{"subtasks":[{"id":"a","description":"d"}]}');
    expect(
      await decomposeTask({ provider: good.provider, onFailure: 'fail' }, request(), never),
    ).toMatchObject({
      method: 'model',
    });
  });

  test.each<[string, string[]]>([
    ['Build it.', ['Build it.']],
    [
      'First list:\n- one\n  - deeper\n- two',
      ['one\n  - deeper\n\n(Part of: First list:)', 'two\n\n(Part of: First list:)'],
    ],
    ['1. one\n2) two\n3. [x] three', ['one', 'two', 'three']],
    ['# A\ntext\n# B\nmore', ['# A\ntext', '# B\nmore']],
    ['One thing.\n\nAnother thing.', ['One thing.', 'Another thing.']],
    [
      'Read the big file, then write the report. Send it to everybody!',
      ['Read the big file', 'write the report.', 'Send it to everybody!'],
    ],
    ['Take e.g. the first one.', ['Take e.g. the first one.']],
  ])('by its own structure: %j', async (task, parts) => {
    verifies('TSK-08');
    const found = await decomposeTask({ provider: undefined, onFailure: 'fail' }, request({ task }), never);
    expect(found).toMatchObject({ method: 'split' });
    expect(found.kind === 'decomposed' ? found.subtasks.map(({ description }) => description) : []).toEqual(
      parts,
    );
  });

  test('with the capabilities that its parts name, under ids of the task', () => {
    verifies('TSK-08');
    const task = { id: 'T', description: '- transform the CSV\n- sing, in HTML' };
    expect(splitTask(task, models)).toMatchObject([
      { id: 'T-1', required_capabilities: ['csv-transform'] },
      { id: 'T-2', required_capabilities: ['html', 'sing'] },
    ]);
  });

  test('so that no word is lost, and always in the same way', () => {
    verifies('TSK-08');
    const line = fc
      .tuple(fc.constantFrom('', '- ', '  - ', '1. ', '# ', '   '), fc.stringMatching(/^[a-z .;!]{0,30}$/))
      .map(([start, text]) => start + text);
    const words = (text: string): string[] => text.match(/[a-z]+/g) ?? [];
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 300 }), (lines) => {
        const description = lines.join('\n');
        const parts = splitTask({ description }, models);
        expect(parts.length).toBeLessThanOrEqual(MAX_SUBTASKS);
        expect(parts).toEqual(splitTask({ description }, models));
        const kept = new Set(words(parts.map((part) => part.description).join(' ')));
        expect(
          words(description).filter((word) => !kept.has(word) && !['and', 'then'].includes(word)),
        ).toEqual([]);
      }),
    );
  });

  test('of which nothing is asked that is no task', () => {
    verifies('TSK-08');
    for (const task of ['', ' \n', 1, {}, { description: '' }, 'x'.repeat(20_001)])
      expect(DecompositionRequestSchema.safeParse({ task }).success).toBe(false);
  });
});
