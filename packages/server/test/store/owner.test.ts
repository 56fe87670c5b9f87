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
