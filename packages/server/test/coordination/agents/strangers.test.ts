import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createStrangers, MAX_STRANGERS, STRANGER_MS } from '../../../src/coordination/agents/strangers.ts';

test('an id that nobody has is looked for once in a while, and few of them are remembered', async () => {
  verifies('AGT-04');
  let nowMs = 0;
  const looks: string[] = [];
  const strangers = createStrangers({ nowMs: () => nowMs });
  const ask = (id: string, isThere = false): Promise<void> =>
    strangers.unlessStrange(id, () => {
      looks.push(id);
      return Promise.resolve(isThere);
    });
  await Promise.all([ask('x'), ask('x'), ask('x')]);
  await ask('x');
  expect(looks).toEqual(['x']);
  nowMs += STRANGER_MS;
  await ask('x');
  expect(looks).toEqual(['x', 'x']);
  for (let n = 0; n < MAX_STRANGERS; n++) await ask(`${n}`);
  await ask('x');
  expect(looks.filter((id) => id === 'x')).toHaveLength(3);
  await ask('there', true);
  await ask('there', true);
  expect(looks.filter((id) => id === 'there')).toHaveLength(2);
});

test('a look that fails says nothing about who is there', async () => {
  const strangers = createStrangers({ nowMs: () => 0 });
  let looks = 0;
  await expect(
    strangers.unlessStrange('x', () => {
      looks += 1;
      return Promise.reject(new Error('the store is away'));
    }),
  ).rejects.toThrow('away');
  await strangers.unlessStrange('x', () => {
    looks += 1;
    return Promise.resolve(true);
  });
  expect(looks).toBe(2);
});
