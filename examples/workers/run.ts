// 100,000 orders are split, cleaned and summed up by two data agents, one of which is killed in the middle of its work; a
// third agent writes the report and delivers it. At the end the report is compared with a direct computation.

import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ApiTask } from '@tutti/schemas';
import { z } from 'zod';
import { computeDirectly, type Total } from './direct.ts';
import { PARTS, ROWS, writeOrders } from './orders.ts';
import { createProcesses } from './processes.ts';
import { createTasks, type Tasks } from './tasks.ts';

const TotalSchema = z.object({
  region: z.string(),
  orders: z.number(),
  cents: z.number(),
  largest: z.number(),
});
const RecordsSchema = z.object({ records: z.array(TotalSchema) });
const LIST_TIMEOUT_MS = 60_000;
const SETTLE_MS = 200;

const kept = process.argv[2];
const folder = kept ?? (await mkdtemp(join(tmpdir(), 'tutti-workers-')));
const data = join(folder, 'data');
await mkdir(join(data, 'parts'), { recursive: true });
await writeOrders(join(data, 'orders.csv'));
say(`${ROWS} orders are in ${data}/orders.csv.`);

{
  await using processes = createProcesses(folder);
  const url = await processes.startTutti();
  const tasks = createTasks(url);
  say(`Tutti is at ${url}.`);

  // Killed before it can end anything: the other one is not there yet.
  const doomed = processes.startAgent('data-1', 'data.yaml', data);
  const cleaned = await Promise.all(Array.from({ length: PARTS }, (_, part) => submitClean(tasks, part)));
  const summed = await Promise.all(cleaned.map((id, part) => submitSum(tasks, part, id)));
  const victim = await killAtWork(tasks, 'data-1', doomed);
  say(`data-1 is killed while it works on ${victim.id} (claim ${victim.claim}).`);

  processes.startAgent('data-2', 'data.yaml', data);
  processes.startAgent('office', 'office.yaml', data);
  const parts = await Promise.all(summed.map(async (id) => recordsOf(await tasks.completed(id))));
  const again = await tasks.completed(victim.id);
  say(`${again.id} was done again by ${again.assigned_agent_id} (claim ${again.claim}).`);
  if (again.claim <= victim.claim) throw new Error('The killed agent is said to have completed its task.');

  const totals = recordsOf(await tasks.completed(await submitTotal(tasks, parts.flat())));
  await report(tasks, totals);
  const direct = computeDirectly(join(data, 'orders.csv'));
  await writeFile(join(folder, 'totals.json'), JSON.stringify(totals));
  say(await readFile(join(data, 'report.csv'), 'utf8'));
  if (!isDeepStrictEqual(totals, direct))
    throw new Error(`A direct computation says ${JSON.stringify(direct)}.`);
  say('A direct computation says the same.');
}
if (kept === undefined) await rm(folder, { recursive: true, force: true });

function submitClean(tasks: Tasks, part: number): Promise<string> {
  const limit = ROWS / PARTS;
  return tasks.submit({
    description: `clean part ${part} of the orders`,
    required_capabilities: ['data-clean'],
    requiredTags: ['example'],
    payload: {
      path: 'orders.csv',
      rows: { offset: part * limit, limit },
      case: { region: 'lower' },
      required: ['region', 'cents'],
      types: { cents: 'integer' },
      dedupeBy: ['id'],
      output: { path: `parts/${part}.csv` },
    },
    retryPolicy: { maxRetries: 5, initialDelay: '100ms' },
  });
}

function submitSum(tasks: Tasks, part: number, cleaned: string): Promise<string> {
  return tasks.submit({
    description: `sum up part ${part} of the orders`,
    required_capabilities: ['data-aggregate'],
    requiredTags: ['example'],
    depends_on: [cleaned],
    payload: {
      path: `parts/${part}.csv`,
      groupBy: ['region'],
      metrics: {
        orders: { op: 'count' },
        cents: { op: 'sum', column: 'cents' },
        largest: { op: 'max', column: 'cents' },
      },
    },
  });
}

function submitTotal(tasks: Tasks, parts: readonly Total[]): Promise<string> {
  return tasks.submit({
    description: 'sum up the parts',
    required_capabilities: ['data-aggregate'],
    requiredTags: ['example'],
    priority: 'high',
    payload: {
      data: parts,
      groupBy: ['region'],
      metrics: {
        orders: { op: 'sum', column: 'orders' },
        cents: { op: 'sum', column: 'cents' },
        largest: { op: 'max', column: 'largest' },
      },
    },
  });
}

/** A file for people, and a call for programs. */
async function report(tasks: Tasks, totals: readonly Total[]): Promise<void> {
  const received = Promise.withResolvers<unknown>();
  const receiver = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      received.resolve(JSON.parse(Buffer.concat(chunks).toString()));
      response.end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const written = await tasks.submit({
      description: 'write the report',
      required_capabilities: ['format-convert'],
      requiredTags: ['filesystem'],
      payload: { data: totals, to: 'csv', output: { path: 'report.csv' } },
    });
    await tasks.completed(written);
    const called = await tasks.submit({
      description: 'deliver the report',
      required_capabilities: ['webhook-call'],
      payload: { url: `http://127.0.0.1:${port}/report`, body: { totals } },
    });
    await tasks.completed(called);
    if (!isDeepStrictEqual(await received.promise, { totals }))
      throw new Error('Another report was delivered.');
  } finally {
    receiver.close();
  }
}

/** Stops the process, looks whether it holds a task, and only then kills it: so it is in the middle of one for sure. */
async function killAtWork(
  tasks: Tasks,
  name: string,
  agent: ReturnType<ReturnType<typeof createProcesses>['startAgent']>,
) {
  const deadline = performance.now() + LIST_TIMEOUT_MS;
  while (performance.now() < deadline) {
    agent.kill('SIGSTOP');
    const [task] = await tasks.of(name);
    // What it said before it was stopped may still be on its way.
    if (task !== undefined) await sleep(SETTLE_MS);
    const [still] = await tasks.of(name);
    if (still !== undefined && still.id === task?.id && still.claim === task.claim) {
      agent.kill('SIGKILL');
      return still;
    }
    agent.kill('SIGCONT');
    await sleep(20);
  }
  throw new Error(`${name} got no work within ${LIST_TIMEOUT_MS} ms.`);
}

function recordsOf({ id, result }: ApiTask): readonly Total[] {
  const parsed = RecordsSchema.safeParse(result);
  if (parsed.success) return parsed.data.records;
  throw new Error(`${id} has another result: ${JSON.stringify(result)}`);
}

function say(text: string): void {
  console.log(text);
}
