// Workers at a real Tutti: those of the SDK in this process, and agents of the command line in theirs.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorker, type Executor, type Worker, type WorkTask } from '@tutti/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { startAgent, workerWorld, type WorkerWorld } from './worker-world.ts';

let gateway: Gateway;
let world: WorkerWorld;
beforeEach(async () => {
  gateway = await startGateway();
  world = workerWorld(gateway);
});
afterEach(() => gateway.close());

interface RunningWorker extends AsyncDisposable {
  readonly worker: Worker;
}

function startWorker(execute: Executor['execute'], id = 'sdk-1'): RunningWorker {
  const worker = createWorker({
    url: gateway.url,
    agent: { id, maxConcurrentTasks: 2, heartbeatInterval: '1s' },
    executors: [{ capabilities: ['work'], tags: [], execute }],
    timing: {
      pollMs: 200,
      retry: { initialMs: 100, maxMs: 500 },
      reconnect: { initialMs: 100, maxMs: 500 },
      report: { initialMs: 100, maxMs: 500 },
      progressMs: 50,
      answerPollMs: 50,
      drainMs: 1_000,
    },
  });
  const running = worker.run();
  return {
    worker,
    async [Symbol.asyncDispose]() {
      await worker.drain();
      await running;
    },
  };
}

const task = { required_capabilities: ['work'], retryPolicy: { initialDelay: '10ms' } };

describe('workers of the SDK', () => {
  test('do many tasks, each once', async () => {
    verifies('AGT-09');
    const seen: WorkTask[] = [];
    await using _one = startWorker(async (given) => {
      seen.push(given);
      return { success: true, data: { doubled: Number(given.payload) * 2 } };
    });
    const submitted = await Promise.all(
      Array.from({ length: 40 }, (_, index) => world.submit({ ...task, payload: index })),
    );
    for (const [index, { id }] of submitted.entries())
      expect(await world.ended(id)).toMatchObject({
        status: 'completed',
        attempts: 1,
        claim: 1,
        assigned_agent_id: 'sdk-1',
        result: { doubled: index * 2 },
      });
    expect(seen.length).toBe(40);
  });

  test('tell progress and failures; the next attempt has what the last one left', async () => {
    verifies('AGT-09');
    const { promise: go, resolve: finish } = Promise.withResolvers<void>();
    await using _one = startWorker(async ({ attempt, partialResult, progress }) => {
      if (attempt > 1) return { success: true, data: partialResult };
      progress(0.4, 'nearly half', { rows: 40 });
      await go;
      throw new Error('the disk is gone');
    });
    const { id } = await world.submit(task);
    expect(await world.taskThat(id, ({ progress }) => progress === 0.4)).toMatchObject({
      status: 'in_progress',
    });
    finish();
    expect(await world.ended(id)).toMatchObject({ status: 'completed', attempts: 2, result: { rows: 40 } });
  });

  test('ask a person', async () => {
    verifies('AGT-09');
    await using _one = startWorker(async ({ ask }) => ({
      success: true,
      data: await ask({ prompt: 'Which colour?', type: 'choice', choices: ['red', 'blue'] }),
    }));
    const { id } = await world.submit(task);
    await world.taskThat(id, ({ status, reason }) => status === 'waiting' && reason === 'input');
    expect((await world.post(`tasks/${id}/answer`, { response: 'blue' })).status).toBe(200);
    expect(await world.ended(id)).toMatchObject({ status: 'completed', result: 'blue' });
  });

  test('stop when their task is cancelled', async () => {
    verifies('AGT-09');
    const { promise: stopped, resolve: stop } = Promise.withResolvers<string>();
    await using one = startWorker(async (_task, signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      stop(String(signal.reason));
      return { success: true };
    });
    const { id } = await world.submit(task);
    await world.taskThat(id, ({ status }) => status === 'in_progress');
    expect((await world.post(`tasks/${id}/cancel`, { reason: 'not needed' })).status).toBe(200);
    expect(await stopped).toMatch(/lost/);
    await eventually(() => one.worker.state().outcomes.lost === 1);
    expect(await world.task(id)).toMatchObject({ status: 'cancelled' });
  });

  test('go on when Tutti is killed and comes back', async () => {
    verifies('AGT-09');
    const { promise: go, resolve: finish } = Promise.withResolvers<void>();
    let executed = 0;
    await using one = startWorker(async () => {
      executed += 1;
      await go;
      return { success: true, data: 'kept' };
    });
    const { id } = await world.submit(task);
    await world.taskThat(id, ({ status }) => status === 'in_progress');
    const { folder, url } = gateway;
    gateway.process.child.kill('SIGKILL');
    await gateway.process.ended;
    finish();
    await eventually(() => one.worker.state().phase === 'disconnected');
    await using again = await startGateway({ folder, port: Number(new URL(url).port) });
    world = workerWorld(again);
    expect(await world.ended(id)).toMatchObject({ status: 'completed', result: 'kept' });
    expect(executed).toBe(1);
    await eventually(() => one.worker.state().phase === 'ready');
    const next = await world.submit(task);
    expect(await world.ended(next.id)).toMatchObject({ status: 'completed' });
  });

  test('leave nothing behind', async () => {
    verifies('AGT-09');
    const { id } = await world.submit(task);
    {
      await using _one = startWorker(async ({ progress }, signal) => {
        progress(0.5, 'half', { at: 5 });
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        return { success: true };
      });
      await world.taskThat(id, ({ status }) => status === 'in_progress');
    }
    expect(await world.agent('sdk-1')).toBeUndefined();
    expect(await world.task(id)).toMatchObject({ status: 'pending', partial_result: { at: 5 } });
  });
});

describe('tutti agent', () => {
  test('creates its agent, does tasks, and removes it when it is interrupted', async () => {
    verifies('AGT-11', 'AGT-10', 'OPS-18');
    await mkdir(join(gateway.folder, 'data'));
    await writeFile(join(gateway.folder, 'data', 'in.csv'), 'name,size\na,1\nb,2\n');
    await writeFile(
      join(gateway.folder, 'agent.yaml'),
      'agent: {domain: shop, tags: [night], resources: {cpu: 500m, memory: 1Gi}}\n' +
        'executor: {type: data-processor, maxConcurrentTasks: 3, taskTimeout: 120s, domainRestricted: true}\n' +
        'dataProcessor: {root: data}\n',
    );
    await using agent = startAgent(gateway, ['--config', 'agent.yaml', '--health-port', '0'], {
      AGENT_NAME: 'cruncher',
      MAX_CONCURRENT_TASKS: '2',
    });
    const { id } = await world.submit({
      domain: 'shop',
      required_capabilities: ['csv-transform'],
      requiredTags: ['night', 'data-processor'],
      payload: { path: 'in.csv', types: { size: 'integer' }, output: { path: 'out.json' } },
    });
    expect(await world.ended(id)).toMatchObject({
      status: 'completed',
      assigned_agent_id: 'cruncher',
      result: { rows: 2, path: 'out.json' },
    });
    expect(JSON.parse(await readFile(join(gateway.folder, 'data', 'out.json'), 'utf8'))).toEqual([
      { name: 'a', size: 1 },
      { name: 'b', size: 2 },
    ]);
    expect(await world.agent('cruncher')).toMatchObject({
      domain: 'shop',
      maxConcurrentTasks: 2,
      heartbeatInterval: 1,
      resources: { cpu: '500m', memory: '1Gi' },
      tags: ['night', 'data-processor'],
      capabilities: expect.arrayContaining(['csv-transform', 'format-convert']),
    });
    const health = /Health: (\S+)\/healthz/.exec(agent.output())?.[1] ?? '';
    expect((await fetch(`${health}/readyz`)).status).toBe(200);
    agent.child.kill('SIGINT');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await world.agent('cruncher')).toBeUndefined();
    expect(agent.output()).toMatch(/begun \(claim 1\)[\s\S]*completed \(claim 1\)[\s\S]*Gone\./);
  });

  test('one that is killed, or hangs and wakes up, does no task twice', async () => {
    verifies('AGT-11');
    const plugin = join(gateway.folder, 'slow.mjs');
    await writeFile(
      plugin,
      `import { appendFileSync, existsSync, watch } from 'node:fs';
      export const executor = {
        capabilities: ['slow'], tags: [],
        async execute(task, signal) {
          appendFileSync('log', process.env.AGENT_NAME + ' ' + task.id + '\\n');
          const go = 'go-' + process.env.AGENT_NAME;
          const there = new Promise((resolve) => {
            watch('.', { signal }, () => existsSync(go) && resolve()).unref();
            signal.addEventListener('abort', () => resolve());
            if (existsSync(go) || signal.aborted) resolve();
          });
          await there;
          return { success: true, data: signal.aborted ? 'nobody hears this' : process.env.AGENT_NAME };
        },
      };`,
    );
    const slow = { required_capabilities: ['slow'], retryPolicy: { initialDelay: '10ms' } };
    await using first = startAgent(gateway, ['--plugin', plugin], { AGENT_NAME: 'first' });
    const { id } = await world.submit(slow);
    await world.taskThat(id, ({ status }) => status === 'in_progress');
    first.child.kill('SIGSTOP');
    await using second = startAgent(gateway, ['--plugin', plugin], { AGENT_NAME: 'second' });
    const held = await world.taskThat(
      id,
      ({ status, assigned_agent_id: by }) => status === 'in_progress' && by === 'second',
    );
    expect(held.claim).toBeGreaterThan(1);
    // It wakes up and would be done at once.
    await writeFile(join(gateway.folder, 'go-first'), '');
    first.child.kill('SIGCONT');
    await eventually(() => first.output().includes(`${id}: lost`), { timeoutMs: 60_000 });
    expect(await world.task(id)).toMatchObject({ status: 'in_progress', assigned_agent_id: 'second' });
    second.child.kill('SIGKILL');
    const done = await world.ended(id);
    expect(done).toMatchObject({ status: 'completed', result: 'first' });
    expect(done.claim).toBeGreaterThan(held.claim);
  });

  test('an agent that has been killed starts again under its name', async () => {
    verifies('AGT-11');
    const args = ['--type', 'http-client', '--name', 'caller'];
    await using first = startAgent(gateway, args);
    await eventually(() => first.output().includes('Waiting for tasks.'));
    first.child.kill('SIGKILL');
    await first.ended;
    await using second = startAgent(gateway, args);
    await eventually(() => second.output().includes('Waiting for tasks.'));
    const { id } = await world.submit({
      required_capabilities: ['api-health-check'],
      payload: { url: `${gateway.url}/healthz` },
      retryPolicy: { maxRetries: 0 },
    });
    expect(await world.ended(id)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/^refused_address: .*allowedHosts/) },
    });
  });

  test('what is wrong ends it with its exit code', async () => {
    verifies('AGT-11', 'OPS-05');
    const run = async (args: readonly string[], env?: Readonly<Record<string, string>>) => {
      await using agent = startAgent(gateway, args, env);
      const { code } = await agent.ended;
      return `${code} ${agent.output()}`;
    };
    await writeFile(join(gateway.folder, 'bad.yaml'), 'executor: {maxTasks: 5}\n');
    expect(await run([])).toMatch(/^2 .*--type TYPE, or --plugin PATH/);
    expect(await run(['--type', 'baker'])).toMatch(/^2 .*data-processor/);
    expect(await run(['--type', 'filesystem'])).toMatch(/^2 .*--root/);
    expect(await run(['--config', 'bad.yaml'])).toMatch(/^2 .*bad\.yaml: executor: .*maxTasks/);
    expect(await run(['--type', 'multi'], { MAX_CONCURRENT_TASKS: 'x' })).toMatch(
      /^2 .*MAX_CONCURRENT_TASKS/,
    );
    expect(await run(['--type', 'http-client', '--capabilities', 'fly'])).toMatch(/^2 .*fly/);
    expect(await run(['--plugin', 'none.mjs'])).toMatch(/^2 .*none\.mjs/);
  });

  test('belongs to its key: nobody else can take its name or speak for it', async () => {
    verifies('AGT-11');
    const key = 'a-key-of-its-own-0123456789';
    await using guarded = await startGateway({
      files: {
        'gateway.yaml': `apiVersion: tutti.dev/v1alpha1\nkind: Gateway\nmetadata: {name: gateway}\nspec:\n  auth:\n    keys:\n      - {name: worker-key, secret: '\${WORKER_KEY}', roles: [agent]}\n`,
      },
      env: { WORKER_KEY: key },
    });
    const args = ['--type', 'http-client', '--name', 'mine'];
    await using agent = startAgent(guarded, args, { TUTTI_TOKEN: key });
    await eventually(() => agent.output().includes('Waiting for tasks.'), { timeoutMs: 60_000 });
    expect(await workerWorld(guarded, key).agent('mine')).toMatchObject({ owner: 'worker-key' });
    await using thief = startAgent(guarded, args);
    expect((await thief.ended).code, thief.output()).toBe(4);
    const heartbeat = await workerWorld(guarded).post('agents/mine/heartbeat', {});
    expect(heartbeat.ok).toBe(false);
    await using wrong = startAgent(guarded, args, { TUTTI_TOKEN: 'another-key-0123456789' });
    expect((await wrong.ended).code, wrong.output()).toBe(4);
  });
});
