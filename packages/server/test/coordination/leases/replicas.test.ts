// Three hosts of leases on one PostgreSQL, while hosts are killed and stopped, connections break and hang, and agents fall
// silent with files in their hands: two never hold the same files, and nobody writes a file after it was taken from him and
// written by another. TUTTI_TEST_FAULTS sets how many faults there are, TUTTI_TEST_SEED what happens when.

import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createChance } from '../../../../../test/support/chance.ts';
import { eventually } from '../../../../../test/support/eventually.ts';
import { firstLine, nodeArgs, startProcess, type TestProcess } from '../../../../../test/support/process.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { type AllTables, readSpace } from '../../../src/coordination/leases/queries.ts';
import { closeStoresAfterTests, openTest, postgres } from '../../store/support/stores.ts';
import { doubleHolders, lateWrites, sharedNumbers, type Told } from '../replicas/lease-history.ts';
import { WrittenSchema } from '../replicas/lease-ops.ts';
import { holdLeases } from '../replicas/leaseholder.ts';
import { type LineProxy, startLineProxy } from '../replicas/line-proxy.ts';
import { MIGRATIONS } from '../support/open-on.ts';

closeStoresAfterTests();

const SEED = Number(process.env['TUTTI_TEST_SEED'] ?? Date.now() % 1_000_000);
const FAULTS = Number(process.env['TUTTI_TEST_FAULTS'] ?? 4);
const AGENTS = ['ada', 'bob', 'cyd', 'dan', 'eve'];
const START_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 20;
const PROGRAM = new URL('../replicas/replica-program.ts', import.meta.url);

interface Host {
  readonly line: LineProxy;
  process: TestProcess;
  port: number | undefined;
}

async function startHost(
  name: string,
  { line }: Pick<Host, 'line'>,
): Promise<Pick<Host, 'process' | 'port'>> {
  return await eventually(
    async () => {
      const process = startProcess(globalThis.process.execPath, nodeArgs(PROGRAM, line.url, name));
      return { process, port: Number(await firstLine(process)) };
    },
    { timeoutMs: START_LIMIT_MS, what: `the host ${name} is up` },
  );
}

describe.runIf(postgres !== undefined)('three hosts of leases on one PostgreSQL', () => {
  test('never give files to two, whatever breaks', { timeout: 240_000 + FAULTS * 30_000 }, async () => {
    verifies('LCK-02', 'LCK-03', 'LCK-04', 'LCK-05', 'OPS-03');
    if (postgres === undefined) return;
    process.stdout.write(`faults of leases: TUTTI_TEST_SEED=${SEED}\n`);
    await using stack = new AsyncDisposableStack();
    const url = postgres.freshUrl();
    const folder = await mkdtemp(join(tmpdir(), 'tutti-leases-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const log = join(folder, 'writes');
    writeFileSync(log, '');
    const hosts = await Promise.all(
      ['one', 'two', 'three'].map(async (name): Promise<Host> => {
        const line = stack.use(await startLineProxy(url));
        return { line, ...(await startHost(name, { line })) };
      }),
    );
    for (const host of hosts) stack.defer(() => void host.process.child.kill('SIGKILL'));
    const ports = (): readonly number[] => hosts.flatMap(({ port }) => port ?? []);
    const told: Told[] = [];
    const wrong: string[] = [];
    const over = new AbortController();
    const agents = AGENTS.map((id, index) =>
      holdLeases({
        id,
        ports,
        chance: createChance(SEED + index),
        log,
        told: (one) => void told.push(one),
        signal: over.signal,
      }),
    );
    const database = (await openTest(url, { migrations: MIGRATIONS, isShared: true })).over<AllTables>();
    const looking = (async () => {
      while (!over.signal.aborted) {
        wrong.push(...doubleHolders((await readSpace(database.read, 'default')).leases));
        await pause(LOOK_EVERY_MS);
      }
    })();

    const chance = createChance(SEED);
    const faults: readonly ((host: Host, name: string) => Promise<void>)[] = [
      async (host, name) => {
        host.port = undefined;
        host.process.child.kill('SIGKILL');
        await host.process.ended;
        Object.assign(host, await startHost(name, host));
      },
      async (host) => {
        host.process.child.kill('SIGSTOP');
        await pause(2_000 + chance() * 4_000);
        host.process.child.kill('SIGCONT');
      },
      async (host) => {
        host.line.cut();
        await pause(200);
        host.line.cut();
      },
      async (host) => {
        host.line.hang();
        await pause(2_000 + chance() * 3_000);
        host.line.goOn();
      },
    ];
    const writes = async () =>
      (await readFile(log, 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => WrittenSchema.parse(JSON.parse(line)));
    for (let n = 0; n < FAULTS; n++) {
      const before = (await writes()).length;
      await eventually(async () => (await writes()).length >= before + 20, {
        timeoutMs: START_LIMIT_MS,
        what: 'the agents write',
      });
      const at = Math.floor(chance() * hosts.length);
      const host = hosts[at];
      if (host !== undefined) await faults[n % faults.length]?.(host, ['one', 'two', 'three'][at] ?? '');
    }
    over.abort();
    await Promise.all([...agents, looking]);
    const all = await writes();
    process.stdout.write(`${told.length} leases, ${all.length} writes\n`);
    expect(wrong).toEqual([]);
    expect([...lateWrites(all, told)]).toEqual([]);
    expect([...sharedNumbers(told)]).toEqual([]);
    expect(told.length).toBeGreaterThan(FAULTS * 10);
  });
});
