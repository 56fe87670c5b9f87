// The reporter before what a real API server (kube-apiserver 1.36 with etcd) answered to it, request by request.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createKubernetesReporter } from '../../../src/executors.ts';
import { runTask } from '../run-task.ts';
import { RECORDED, replay } from './replay.ts';
import { ASKED } from './world.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-k8s-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the reporter makes of the story, having asked just what was asked when it was recorded. */
async function told(story: string) {
  const asked = ASKED.find((one) => one.story === story);
  if (asked === undefined) throw new Error(`there is no story "${story}"`);
  using server = await replay(story);
  const kubeconfig = join(folder, `${story.replaceAll(' ', '-')}.json`);
  await writeFile(kubeconfig, server.kubeconfig);
  const reporter = createKubernetesReporter({ kubeconfig, limits: asked.limits });
  const result = await runTask(reporter, asked.capability, asked.payload);
  expect(server.unknown).toEqual([]);
  expect(server.left).toEqual([]);
  return result;
}

const listed = (items: readonly object[], truncated = false) => ({
  success: true,
  data: { count: items.length, truncated, items },
});

describe('the reporter before a real API server', () => {
  test('reads all pages of pods, in every state they are in', async () => {
    verifies('AGT-10');
    const created = '2026-01-02T03:04:05.000Z';
    expect(await told('all pods')).toMatchObject(
      listed([
        { name: 'job-1', namespace: 'batch', phase: 'Succeeded', status: 'Succeeded', ready: 0, created },
        // What nobody has scheduled has no node, no address and no containers that run.
        { name: 'db-1', status: 'Pending', node: null, ip: null, ready: 0, containers: 1, restarts: 0 },
        { name: 'db-2', phase: 'Running', status: 'Terminating', node: 'node-b', ready: 1 },
        { name: 'web-1', namespace: 'shop', status: 'Running', ip: '10.1.2.3', restarts: 1 },
        { name: 'web-2', status: 'CrashLoopBackOff', ready: 0, restarts: 7 },
        { name: 'web-3', phase: 'Failed', status: 'Evicted', ip: null },
      ]),
    );
    expect(await told('so many pods')).toMatchObject({ data: { count: 3, truncated: true } });
  });

  test('reads what a label, a field or a namespace leaves', async () => {
    verifies('AGT-10');
    const names = ['web-1', 'web-2', 'web-3'].map((name) => ({ name, namespace: 'shop' }));
    expect(await told('pods of a label')).toMatchObject(listed(names));
    expect(await told('pods of a phase')).toMatchObject(listed([{ name: 'db-1' }]));
    // A namespace that is not there is as empty as one that is.
    expect(await told('pods of no namespace')).toMatchObject(listed([]));
  });

  test('reads the other kinds', async () => {
    verifies('AGT-10');
    expect(await told('deployments')).toMatchObject(
      listed([
        { name: 'db', namespace: 'shop', replicas: 2, ready: 1, updated: 2, available: 1 },
        { name: 'web', replicas: 2, ready: 2 },
      ]),
    );
    expect(await told('daemonsets')).toMatchObject(
      listed([{ name: 'logs', namespace: 'kube-system', desired: 2, current: 2, ready: 1, available: 1 }]),
    );
    expect(await told('services')).toMatchObject(
      listed([
        { name: 'kubernetes', namespace: 'default', type: 'ClusterIP', clusterIP: '10.96.0.1' },
        { name: 'db', clusterIP: 'None', ports: [{ name: null, port: 5432, targetPort: 5432 }] },
        {
          name: 'web',
          type: 'LoadBalancer',
          externalIPs: ['203.0.113.7'],
          ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }],
        },
      ]),
    );
    expect(await told('nodes')).toMatchObject(
      listed([
        { name: 'node-a', ready: true, schedulable: true, roles: ['control-plane'], version: 'v1.36.3' },
        { name: 'node-b', ready: false, schedulable: false, capacity: { cpu: '4', memory: '16Gi' } },
      ]),
    );
    const namespaces = await told('namespaces');
    expect(namespaces).toMatchObject({ data: { truncated: false } });
    expect(namespaces.data).toMatchObject({
      items: expect.arrayContaining(
        ['batch', 'default', 'kube-system', 'shop'].map((name) =>
          expect.objectContaining({ name, phase: 'Active' }),
        ),
      ),
    });
  });

  test('reads one object in full', async () => {
    verifies('AGT-10');
    expect(await told('a pod')).toMatchObject({
      data: {
        name: 'web-2',
        labels: { app: 'web' },
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
        containerStatuses: [{ name: 'main', image: 'nginx:1.27', state: 'CrashLoopBackOff', restarts: 7 }],
      },
    });
    expect(await told('a deployment')).toMatchObject({
      data: {
        images: ['db:2'],
        strategy: 'RollingUpdate',
        conditions: [{ type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' }],
      },
    });
    expect(await told('a node')).toMatchObject({
      data: {
        allocatable: { cpu: '3900m', memory: '15Gi', pods: '110' },
        addresses: [{ type: 'InternalIP', address: '192.168.0.1' }, { type: 'Hostname' }],
        conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }],
      },
    });
  });

  test('sums the cluster up', async () => {
    verifies('AGT-10');
    expect(await told('summary')).toMatchObject({
      success: true,
      data: {
        version: 'v1.36.3',
        nodes: { total: 2, ready: 1 },
        pods: { total: 6, phases: { Running: 3, Succeeded: 1, Pending: 1, Failed: 1 } },
        deployments: { total: 2, ready: 1 },
        daemonsets: { total: 1, ready: 0 },
        services: 3,
        truncated: false,
      },
    });
  });

  test.each([
    ['no such pod', false, /^not_found: .*default\/none: pods "none" not found/],
    ['not let in', false, /^unauthorized: .*\(401\)/],
    [
      'not allowed',
      false,
      /^unauthorized: This agent may not list nodes \(403\): .*cluster scope.*ClusterRole/,
    ],
    ['not allowed pods', false, /^unauthorized: .*list pods in shop \(403\): .*in the namespace "shop"/],
    ['no selector', false, /^invalid_payload: .*list pods: unable to parse requirement/],
    ['no field', false, /^invalid_payload: .*list pods: field label not supported: spec\.color/],
    [
      'compacted between pages',
      true,
      /^unavailable: .*answered 410\. The provided continue parameter is too old/,
    ],
  ])('%s: the failure says what to do', async (story, retryable, error) => {
    verifies('AGT-10');
    expect(await told(story)).toMatchObject({
      success: false,
      retryable,
      error: expect.stringMatching(error),
    });
  });

  test('the record holds each story that is asked for, and no other', () => {
    expect([...RECORDED]).toEqual(ASKED.map(({ story }) => story));
  });
});
