import { expect, test } from 'vitest';
import { createSerial } from '../../src/kernel/serial.ts';

test('work is done one after the other, in order, and a failure is its own alone', async () => {
  const serial = createSerial(10);
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const work = (name: string, until?: Promise<void>) =>
    serial.run(async () => {
      done.push(`${name} begins`);
      await until;
      done.push(`${name} ends`);
      if (name === 'b') throw new Error('no');
      return name;
    });
  const all = Promise.allSettled([work('a', first.promise), work('b'), work('c')]);
  first.resolve();
  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(done).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  await serial.idle();
});

test('too many that wait are refused', async () => {
  const serial = createSerial(2);
  const gate = Promise.withResolvers<void>();
  const waiting = [serial.run(() => gate.promise), serial.run(() => gate.promise)];
  await expect(serial.run(() => gate.promise)).rejects.toMatchObject({ code: 'overloaded' });
  gate.resolve();
  await Promise.all(waiting);
  await expect(serial.run(async () => 'again')).resolves.toBe('again');
});
