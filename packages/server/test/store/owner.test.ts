// A store that is somebody's own: the second one is refused, and hears who has it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { nodeArgs } from '../../../../test/support/process.ts';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from './support/stores.ts';

closeStoresAfterTests();

const HOLDER = fileURLToPath(new URL('./support/store-holder.ts', import.meta.url));

describe.each(stores)('a store of its own on $name', ({ freshUrl }) => {
  test(
    'the second one is refused and told who has it; afterwards it is free',
    { timeout: 30_000 },
    async () => {
      verifies('OPS-03');
      const url = freshUrl();
      const first = await openTest(url, { holder: 'pid 17 on desk' });
      await expect(openTest(url, { holder: 'pid 18' })).rejects.toMatchObject({
        code: 'conflict',
        failure: 'held',
        message: expect.stringContaining('pid 17 on desk'),
      });
      await first.transaction((tx) =>
        tx.insertInto('t_rows').values({ id: 'a', n: 0, note: null }).execute(),
      );
      await first[Symbol.asyncDispose]();
      const second = await openTest(url, { holder: 'pid 18' });
      expect(await second.read.selectFrom('t_rows').select('id').execute()).toEqual([{ id: 'a' }]);
    },
  );

  test('the one before was killed: the next one has it at once', { timeout: 60_000 }, async () => {
    verifies('OPS-03');
    const url = freshUrl();
    const child = spawn(process.execPath, nodeArgs(HOLDER, url, 'the killed one'), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    await expect(openTest(url, { holder: 'next' })).rejects.toThrow('the killed one');
    child.kill('SIGKILL');
    await exited;
    await openTest(url, { holder: 'next' });
  });
});

test.runIf(postgres !== undefined)(
  'the connection that holds PostgreSQL breaks: it is had again, unless another one came',
  { timeout: 120_000 },
  async () => {
    verifies('OPS-03');
    const url = postgres?.freshUrl() ?? '';
    const admin = new Client({ connectionString: url.replace(/[?&]schema=[^&]*/, '') });
    await admin.connect();
    const breakOwner = (holder: string) =>
      admin.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
        `tutti ${holder}`,
      ]);
    try {
      const first = await openTest(url, { holder: 'first' });
      let n = 0;
      const write = () =>
        first.transaction((tx) =>
          tx
            .insertInto('t_rows')
            .values({ id: `${n++}`, n, note: null })
            .execute(),
        );
      const failure = (): Promise<unknown> =>
        write().then(
          () => undefined,
          (error: unknown) => Object(error).failure,
        );
      await breakOwner('first');
      await eventually(async () => (await failure()) === 'connection_lost', { what: 'writes to be refused' });
      await eventually(async () => (await failure()) === undefined, {
        timeoutMs: 30_000,
        what: 'writes again',
      });
      // The first one is quick to have it again.
      await eventually(
        async () => {
          await breakOwner('first');
          const second = await openTest(url, { holder: 'second' });
          await second[Symbol.asyncDispose]();
          return true;
        },
        { timeoutMs: 60_000, what: 'the second one to have it' },
      );
      await eventually(async () => (await failure()) === 'held', {
        timeoutMs: 30_000,
        what: 'the end of its writes',
      });
    } finally {
      await admin.end();
    }
  },
);

describe.each(postgres === undefined ? [] : [postgres])('several hosts on PostgreSQL', ({ freshUrl }) => {
  const host = (name: string) => ({ holder: name, replica: name });

  test('share it, each counts its starts, and two of one replica do not', { timeout: 60_000 }, async () => {
    verifies('OPS-01', 'OPS-03');
    const url = freshUrl();
    const [one, two] = await Promise.all([openTest(url, host('one')), openTest(url, host('two'))]);
    expect([one.host, two.host]).toEqual([
      { replica: 'one', epoch: 1 },
      { replica: 'two', epoch: 1 },
    ]);
    await expect(openTest(url, { holder: 'a copy of one', replica: 'one' })).rejects.toMatchObject({
      code: 'conflict',
      failure: 'held',
      message: expect.stringMatching(/another Tutti has it: tutti one; .*remove the file `replica`/),
    });
    await one[Symbol.asyncDispose]();
    const again = await openTest(url, host('one'));
    expect(again.host).toEqual({ replica: 'one', epoch: 2 });
  });

  test(
    'who wants it alone is refused and told who is there; a reader is not',
    { timeout: 60_000 },
    async () => {
      verifies('OPS-01', 'OPS-02');
      const url = freshUrl();
      const [one, two] = [await openTest(url, host('one')), await openTest(url, host('two'))];
      await using reader = await openTest(url, { holder: 'backup', isShared: true });
      expect(reader.host).toBeUndefined();
      await expect(openTest(url, { holder: 'restore' })).rejects.toMatchObject({
        failure: 'held',
        message: expect.stringContaining('tutti one; tutti two; tutti backup'),
      });
      for (const database of [one, two, reader]) await database[Symbol.asyncDispose]();
      await using _alone = await openTest(url, { holder: 'restore' });
      await expect(openTest(url, host('one'))).rejects.toThrow('tutti restore');
    },
  );

  test(
    'a host whose connection broke goes on, beside others, unless its place was taken',
    { timeout: 120_000 },
    async () => {
      verifies('OPS-01', 'OPS-03');
      const url = freshUrl();
      const admin = new Client({ connectionString: url.replace(/[?&]schema=[^&]*/, '') });
      await admin.connect();
      const cut = () =>
        admin.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
          'tutti one',
        ]);
      try {
        const one = await openTest(url, host('one'));
        await openTest(url, host('two'));
        let n = 0;
        const failure = (): Promise<unknown> =>
          one
            .transaction((tx) =>
              tx
                .insertInto('t_rows')
                .values({ id: `${n++}`, n, note: null })
                .execute(),
            )
            .then(
              () => undefined,
              (error: unknown) => Object(error).failure,
            );
        await cut();
        await eventually(async () => (await failure()) === 'connection_lost', {
          what: 'writes to be refused',
        });
        await eventually(async () => (await failure()) === undefined, {
          timeoutMs: 30_000,
          what: 'writes again',
        });
        await eventually(
          async () => {
            await cut();
            const copy = await openTest(url, host('one'));
            await copy[Symbol.asyncDispose]();
            return true;
          },
          { timeoutMs: 60_000, what: 'another process of the replica' },
        );
        await eventually(async () => (await failure()) === 'held', {
          timeoutMs: 30_000,
          what: 'the end of its writes',
        });
      } finally {
        await admin.end();
      }
    },
  );
});
