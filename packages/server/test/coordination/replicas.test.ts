// Three hosts of coordination on one PostgreSQL, while hosts are killed and stopped, the database crashes, and
// connections break and hang: what clients asked and were told is written down and has to fit tasks that have one holder
// at a time; no task is done twice, none is lost. TUTTI_TEST_FAULTS sets how many faults there are (default: each once),
// TUTTI_TEST_SEED what happens when.

import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createChance } from '../../../../test/support/chance.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { firstLine, nodeArgs, startProcess, type TestProcess } from '../../../../test/support/process.ts';
import { verifies } from '../../../../test/verifies.ts';
import { isOpen } from '../../src/coordination/tasks/task-machine.ts';
import { closeStoresAfterTests, openTest, postgres } from '../store/support/stores.ts';
import { ask } from './replicas/client.ts';
import { contradictions, nowMs, type Operation } from './replicas/history.ts';
import { type LineProxy, startLineProxy } from './replicas/line-proxy.ts';
import { work } from './replicas/worker.ts';
import { readTables, violations } from './support/invariants.ts';
import { MIGRATIONS } from './support/open-on.ts';

closeStoresAfterTests();

const SEED = Number(process.env['TUTTI_TEST_SEED'] ?? Date.now() % 1_000_000);
const FAULTS = Number(process.env['TUTTI_TEST_FAULTS'] ?? 6);
const HOSTS = ['one', 'two', 'three'];
const WORKERS = ['ada', 'bob', 'cyd'];
/** The worker that is stopped for longer than its silence. */
const SLEEPER = 'dan';
/** Tasks that are submitted between two faults, at most, by each who submits. */
const SUBMIT_EVERY_MS = 60;
const FAULT_EVERY_MS = 1_000;
const DRAIN_LIMIT_MS = 60_000;

const program = (name: string): URL => new URL(`./replicas/${name}.ts`, import.meta.url);

interface Host {
  readonly line: LineProxy;
  process: TestProcess;
  port: number | undefined;
}

/** Starts one, again where the database is away. */
async function startHost(name: string, host: Pick<Host, 'line'>): Promise<Pick<Host, 'process' | 'port'>> {
  return await eventually(
    async () => {
      const process = startProcess(
        globalThis.process.execPath,
        nodeArgs(program('replica-program'), host.line.url, name),
      );
      return { process, port: Number(await firstLine(process)) };
    },
    { timeoutMs: DRAIN_LIMIT_MS, what: `the host ${name} is up` },
  );
}

describe.runIf(postgres !== undefined)('three hosts of coordination on one PostgreSQL', () => {
  test('do every task once, whatever breaks', { timeout: 300_000 + FAULTS * 30_000 }, async () => {
    verifies('TSK-04', 'AGT-05', 'OPS-01', 'OPS-03');
    if (postgres === undefined) return;
    process.stdout.write(`faults of hosts: TUTTI_TEST_SEED=${SEED}\n`);
    await using stack = new AsyncDisposableStack();
    const url = postgres.freshUrl();
    const folder = await mkdtemp(join(tmpdir(), 'tutti-hosts-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const portsFile = join(folder, 'ports.json');
    const hosts = await Promise.all(
      HOSTS.map(async (name): Promise<Host> => {
        const line = stack.use(await startLineProxy(url));
        return { line, ...(await startHost(name, { line })) };
      }),
    );
    for (const host of hosts) stack.defer(() => void host.process.child.kill('SIGKILL'));
    const ports = (): readonly number[] => hosts.flatMap(({ port }) => port ?? []);
    const tellPorts = (): void => writeFileSync(portsFile, JSON.stringify(ports()));
    tellPorts();

    const operations: Operation[] = [];
    const record = (operation: Operation): void => void operations.push(operation);
    const chance = createChance(SEED);
    const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(chance() * all.length)];
    const over = new AbortController();
    const submitted = new AbortController();
    const workers = WORKERS.map((id, index) =>
      work({ id, ports, chance: createChance(SEED + index + 1), record, workMs: 40, signal: over.signal }),
    );
    const sleeper = startProcess(
      process.execPath,
      nodeArgs(program('worker-program'), SLEEPER, portsFile, String(SEED)),
    );
    stack.defer(() => void sleeper.child.kill('SIGKILL'));
    createInterface({ input: sleeper.child.stdout }).on('line', (line) => record(JSON.parse(line)));
    const submitters = [0, 1].map((n) => submitUntil(submitted.signal, `${n}`));

    async function submitUntil(signal: AbortSignal, name: string): Promise<void> {
      let last: string | undefined;
      for (let n = 0; !signal.aborted; n++) {
        const key = `${name}:${n}`;
        const task = {
          description: key,
          payload: key,
          retryPolicy: { maxRetries: 10, initialDelay: 0 },
          depends_on: last !== undefined && chance() < 0.3 ? [last] : [],
        };
        last = (await submit(key, task, chance() < 0.8)) ?? last;
        await pause(chance() * SUBMIT_EVERY_MS);
      }
    }

    /** Some ask until they are told, some never again. */
    async function submit(key: string, task: object, again: boolean): Promise<string | undefined> {
      for (;;) {
        const askedMs = nowMs();
        const answer = await ask(pick(ports()), 'submit', {
          task,
          once: { principal: 'local', key, digest: key },
        });
        const id = answer.kind === 'done' ? z.object({ id: z.string() }).parse(answer.value).id : undefined;
        record({
          op: 'submit',
          key,
          outcome: answer.kind,
          ...(id !== undefined && { task: id }),
          askedMs,
          toldMs: nowMs(),
        });
        if (answer.kind === 'refused') throw new Error(`${key}: ${answer.message}`);
        if (id !== undefined || !again) return id;
        await pause(50);
      }
    }

    const faults: Readonly<Record<string, (host: Host, name: string) => Promise<void>>> = {
      async 'a host is killed'(host, name) {
        host.port = undefined;
        host.process.child.kill('SIGKILL');
        await host.process.ended;
        Object.assign(host, await startHost(name, host));
      },
      async 'a host stands still'(host) {
        host.process.child.kill('SIGSTOP');
        await pause(2_000 + chance() * 3_000);
        host.process.child.kill('SIGCONT');
      },
      async 'a worker sleeps through its silence'() {
        const { claim, task } = await eventually(
          () => {
            const last = operations.findLast((one) => 'agent' in one && one.agent === SLEEPER);
            return last?.op === 'handout' ? last : undefined;
          },
          { timeoutMs: DRAIN_LIMIT_MS, what: 'the worker that sleeps has a task' },
        );
        sleeper.child.kill('SIGSTOP');
        const slept = operations.length;
        await eventually(
          () =>
            operations
              .slice(slept)
              .some((one) => one.op === 'handout' && one.task === task && one.claim > claim),
          { timeoutMs: DRAIN_LIMIT_MS, what: 'its task is handed to another' },
        );
        sleeper.child.kill('SIGCONT');
        await eventually(
          () =>
            operations.some(
              (one) =>
                one.op !== 'submit' && one.task === task && one.claim === claim && one.outcome === 'refused',
            ),
          { timeoutMs: DRAIN_LIMIT_MS, what: 'what it reports late is refused' },
        );
      },
      async 'the database crashes'() {
        await postgres?.crash?.();
      },
      async 'connections break'(host) {
        host.line.cut();
        await pause(200);
        host.line.cut();
      },
      async 'connections hang'(host) {
        host.line.hang();
        await pause(3_000 + chance() * 3_000);
        host.line.goOn();
      },
    };
    const names = Object.keys(faults);
    const order = Array.from({ length: FAULTS }, (_, n) => names[n % names.length] ?? '').toSorted(
      () => chance() - 0.5,
    );
    for (const fault of order) {
      await pause(chance() * FAULT_EVERY_MS);
      const at = Math.floor(chance() * HOSTS.length);
      const host = hosts[at];
      if (host !== undefined) await faults[fault]?.(host, HOSTS[at] ?? '');
      tellPorts();
    }
    submitted.abort();
    await Promise.all(submitters);

    const database = (await openTest(url, { migrations: MIGRATIONS, isShared: true })).over<object>();
    await eventually(
      async () => {
        const open = (await readTables(database)).tasks.filter(({ status }) => isOpen(status));
        if (open.length > 0) throw new Error(JSON.stringify(open.slice(0, 5)));
        return true;
      },
      { timeoutMs: DRAIN_LIMIT_MS, what: 'all tasks have ended' },
    );
    over.abort();
    await Promise.all(workers);
    const tables = await readTables(database);
    const parts = tables.contents.filter(({ part }) => part === 'result');
    const results = new Map(parts.map(({ task_id, body }) => [task_id, body]));
    expect(contradictions(operations, { ...tables, results })).toEqual([]);
    expect(violations(tables)).toEqual([]);
    const done = operations.filter(({ op, outcome }) => op === 'complete' && outcome === 'done').length;
    process.stdout.write(
      `${tables.tasks.length} tasks, ${operations.length} operations, ${done} completions\n`,
    );
    expect(done).toBeGreaterThan(FAULTS);
  });
});
