import { scanMessage, isScanFailure } from '@tutti/wire';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { Reply } from '../../../src/gateway/exchange.ts';
import { MAX_MERGED_BYTES, mergedResult, partOf } from '../../../src/gateway/fan-out/merge.ts';
import { createMergedProgress } from '../../../src/gateway/fan-out/progress.ts';

function answer(outcome: string): Reply {
  const message = scanMessage(Buffer.from(`{"jsonrpc":"2.0","id":1,${outcome}}`));
  if (isScanFailure(message)) throw new Error(message.reason);
  return { kind: 'message', message, edits: [] };
}

const merged = (...replies: readonly Reply[]) =>
  JSON.parse(
    String(
      mergedResult(
        replies.map((reply, index) => partOf(`s${index}`, reply)),
        'legacy',
      ),
    ),
  );

describe('a member', () => {
  test.each([
    ['says nothing at all', answer('"result":{}'), '# s0', {}],
    ['has no blocks', answer('"result":{"content":[ ]}'), '# s0', {}],
    ['is refused', answer('"error":{"code":-1}'), '# s0 (failed)', { error: 'it answered with an error' }],
    [
      'can not be reached',
      { kind: 'error', error: { code: 1, message: 'no', data: undefined } } as const,
      '# s0 (failed)',
      { error: 'no' },
    ],
    [
      'fails without a word',
      answer('"result":{"isError":true}'),
      '# s0 (failed)',
      { error: 'the tool failed' },
    ],
    [
      'fails with what is structured',
      answer(
        '"result":{"isError":true,"content":[{"type":"text","text":"a"},{"type":"image"}],"structuredContent":{"n":1}}',
      ),
      '# s0 (failed)',
      { error: 'a' },
    ],
    [
      'answers with a task',
      answer('"result":{"resultType":"task","taskId":"1"}'),
      '# s0 (failed)',
      { error: 'it answered with task, which only a call of this member alone can have' },
    ],
  ])('that %s', (_, reply, head, instance) => {
    verifies('FAM-04');
    const result = merged(reply);
    expect(result.content[0]).toEqual({ type: 'text', text: head });
    expect(result.structuredContent).toEqual({ instances: { s0: instance } });
    expect(result.isError).toBe('error' in instance);
  });

  test('whose result does not fit any more is left out, and the next one may fit', () => {
    verifies('FAM-04');
    const large = answer(
      `"result":{"content":[{"type":"text","text":"${'x'.repeat(MAX_MERGED_BYTES - 100)}"}]}`,
    );
    const small = answer('"result":{"content":[{"type":"text","text":"small"}]}');
    const { structuredContent, isError } = merged(large, large, small);
    expect(structuredContent.instances.s0).toEqual({});
    expect(structuredContent.instances.s1.error).toContain('call this member alone');
    expect(structuredContent.instances.s2).toEqual({});
    expect(isError).toBe(false);
  });
});

test('progress is one count that only grows, whatever members say', () => {
  verifies('FAM-04');
  const progress = createMergedProgress('7', 2);
  const report = (index: number, params: string): unknown => {
    const message = scanMessage(
      Buffer.from(`{"jsonrpc":"2.0","method":"notifications/progress","params":{${params}}}`),
    );
    if (isScanFailure(message)) throw new Error(message.reason);
    const told = progress.reported(index, `s${index}`, message);
    return told && JSON.parse(String(told)).params;
  };
  const done = (index: number): unknown => {
    const told = progress.done(index, `s${index}`);
    return told && JSON.parse(String(told)).params;
  };
  expect(report(0, '"progress":0,"total":4')).toBeUndefined();
  expect(report(0, '"progress":1,"total":4')).toEqual({
    progressToken: 7,
    progress: 0.25,
    total: 2,
    message: 's0',
  });
  expect(report(0, '"progress":0.5,"total":4')).toBeUndefined();
  expect(report(1, '"progress":3')).toMatchObject({ progress: 1 });
  expect(report(0, '"progress":9,"total":4')).toMatchObject({ progress: 1.74 });
  expect(report(0, '"progress":"x","total":4')).toBeUndefined();
  expect(done(1)).toMatchObject({ progress: 1.99, message: 's1 is done' });
  expect(done(0)).toMatchObject({ progress: 2 });
});
