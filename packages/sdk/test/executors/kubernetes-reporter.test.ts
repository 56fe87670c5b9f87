import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createKubernetesReporter } from '../../src/executors.ts';
import type { Executor } from '../../src/worker/executor.ts';
import { fail, startKubernetes, type KubernetesServer } from './kubernetes-server.ts';
import { runTask } from './run-task.ts';

let server: KubernetesServer;
let folder: string;
let kubeconfig: string;
let reporter: Executor;
beforeEach(async () => {
  server = await startKubernetes('good');
  folder = await mkdtemp(join(tmpdir(), 'tutti-k8s-'));
  kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, server.kubeconfig);
  reporter = createKubernetesReporter({ kubeconfig, limits: { pageSize: 2, maxItems: 4 } });
});
afterEach(async () => {
  server[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('kubernetes reporter', () => {
  test('lists in pages, as far as its limit', async () => {
    verifies('AGT-10');
    const listed = await runTask(reporter, 'list-pods', { labelSelector: 'app=web' });
    expect(listed).toMatchObject({
      success: true,
      data: {
        count: 4,
        truncated: true,
        items: [
          {
            name: 'web-1',
            namespace: 'shop',
            phase: 'Running',
            status: 'Running',
            ready: 1,
            containers: 1,
            restarts: 1,
            node: 'node-a',
            created: '2026-01-02T03:04:05.000Z',
          },
          { name: 'web-2', status: 'CrashLoopBackOff', ready: 0, restarts: 7 },
          { name: 'job-1', namespace: 'batch' },
          { name: 'db-1' },
        ],
      },
    });
    expect(server.pages.map((page) => Object.fromEntries(page))).toEqual([
      { limit: '2', labelSelector: 'app=web' },
      { limit: '2', continue: '2', labelSelector: 'app=web' },
    ]);
    const namespaced = await runTask(reporter, 'list-pods', { namespace: 'shop' });
    expect(namespaced.data).toMatchObject({ count: 3, truncated: false });
  });

  test.each([
    [
      'list-deployments',
      [
        { name: 'web', replicas: 2, ready: 2 },
        { name: 'db', ready: 1 },
      ],
    ],
    ['list-daemonsets', [{ name: 'logs', desired: 2, ready: 2 }]],
    [
      'list-services',
      [
        {
          name: 'web',
          type: 'LoadBalancer',
          externalIPs: ['203.0.113.7'],
          ports: [{ port: 80, targetPort: 'web' }],
        },
      ],
    ],
    [
      'list-nodes',
      [{ name: 'node-a', ready: true, roles: ['control-plane'], version: 'v1.34.1' }, { ready: false }],
    ],
    ['list-namespaces', [{ name: 'shop', phase: 'Active' }, { name: 'batch' }]],
  ])('%s', async (capability, items) => {
    expect(await runTask(reporter, capability, {})).toMatchObject({
      success: true,
      data: { truncated: false, items },
    });
  });

  test('shows one pod, deployment or node in full', async () => {
    expect((await runTask(reporter, 'get-pod', { name: 'web-2', namespace: 'shop' })).data).toMatchObject({
      name: 'web-2',
      labels: { app: 'web' },
      containerStatuses: [{ name: 'main', state: 'CrashLoopBackOff' }],
      conditions: [{ type: 'Ready', status: 'False' }],
    });
    expect(
      (await runTask(reporter, 'get-deployment', { name: 'web', namespace: 'shop' })).data,
    ).toMatchObject({
      images: ['web:2'],
      strategy: 'RollingUpdate',
    });
    expect((await runTask(reporter, 'get-node-status', { name: 'node-a' })).data).toMatchObject({
      ready: true,
      allocatable: { cpu: '3900m', pods: '110' },
      taints: [{ key: 'dedicated' }],
    });
    expect((await runTask(reporter, 'get-pod', { name: 'none' })).error).toMatch(
      /^not_found: .*default\/none/,
    );
    expect((await runTask(reporter, 'get-pod', {})).error).toMatch(/^invalid_payload: .*payload.name/);
  });

  test('sums a cluster up', async () => {
    expect(await runTask(reporter, 'cluster-summary', {})).toEqual({
      success: true,
      data: {
        version: 'v1.34.1',
        nodes: { total: 2, ready: 1 },
        namespaces: 2,
        pods: { total: 5, phases: { Running: 3, Succeeded: 1, Pending: 1 } },
        deployments: { total: 2, ready: 1 },
        daemonsets: { total: 1, ready: 1 },
        services: 1,
        truncated: false,
      },
    });
  });

  test('what goes wrong is told in words', async () => {
    server.override = (path, response) => {
      if (!path.endsWith('/pods')) return false;
      fail(
        response,
        403,
        'Forbidden',
        'pods is forbidden: User "agent" cannot list resource "pods" at the cluster scope',
      );
      return true;
    };
    expect(await runTask(reporter, 'cluster-summary', {})).toMatchObject({
      success: false,
      retryable: false,
      error: expect.stringMatching(
        /^unauthorized: This agent may not list pods \(403\): .*cannot list resource.*ClusterRole/,
      ),
    });
    const expired = createKubernetesReporter({ kubeconfig, context: 'expired' });
    expect(await runTask(expired, 'list-nodes', {})).toMatchObject({
      retryable: false,
      error: expect.stringMatching(/^unauthorized: .*\(401\)/),
    });
    server.override = (_path, response) => {
      fail(response, 503, 'ServiceUnavailable', 'etcd is down');
      return true;
    };
    expect(await runTask(reporter, 'list-nodes', {})).toMatchObject({
      retryable: true,
      error: expect.stringMatching(/^unavailable: .*503.*etcd is down/),
    });
    const missing = createKubernetesReporter({ kubeconfig: join(folder, 'none') });
    expect((await runTask(missing, 'list-nodes', {})).error).toMatch(
      /^unavailable: The kubeconfig can't be used/,
    );
    server[Symbol.dispose]();
    expect(await runTask(reporter, 'list-nodes', {})).toMatchObject({
      retryable: true,
      error: expect.stringMatching(
        /^unavailable: The API server http:\/\/127\.0\.0\.1:\d+ can't be reached: .*ECONNREFUSED/,
      ),
    });
  });

  test('a silent API server ends with the time limit, or with the task', async () => {
    let asked = (): void => {};
    server.override = () => {
      asked();
      return true;
    };
    const impatient = createKubernetesReporter({ kubeconfig, limits: { maxTimeMs: 100 } });
    expect(await runTask(impatient, 'list-nodes', {})).toMatchObject({
      retryable: true,
      error: expect.stringMatching(/^limit_time: .*100 ms \(maxTime\)/),
    });
    const lost = new AbortController();
    asked = () => lost.abort(new Error('The task is lost.'));
    await expect(runTask(reporter, 'list-nodes', {}, { signal: lost.signal })).rejects.toThrow(
      'The task is lost.',
    );
  });
});
