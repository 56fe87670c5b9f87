// A small API server: answers the paths of the Kubernetes API from bodies as a real one sends them, in pages, with the
// Status objects of its failures.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

const META = { resourceVersion: '12345' };
const time = '2026-01-02T03:04:05Z';

const pod = (name: string, namespace: string, phase: string, ready = true) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, uid: `uid-${name}`, creationTimestamp: time, labels: { app: 'web' } },
  spec: { nodeName: 'node-a', containers: [{ name: 'main', image: 'nginx:1.27' }] },
  status: {
    phase,
    podIP: '10.1.2.3',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time }],
    containerStatuses: [
      {
        name: 'main',
        image: 'nginx:1.27',
        imageID: 'sha256:1',
        ready,
        restartCount: ready ? 1 : 7,
        state: ready ? { running: { startedAt: time } } : { waiting: { reason: 'CrashLoopBackOff' } },
      },
    ],
  },
});

const deployment = (name: string, ready: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', creationTimestamp: time, labels: { app: name } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    strategy: { type: 'RollingUpdate' },
    template: { metadata: {}, spec: { containers: [{ name: 'main', image: `${name}:2` }] } },
  },
  status: { replicas: 2, readyReplicas: ready, updatedReplicas: 2, availableReplicas: ready },
});

const node = (name: string, isReady: boolean) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, creationTimestamp: time, labels: { 'node-role.kubernetes.io/control-plane': '' } },
  spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] },
  status: {
    capacity: { cpu: '4', memory: '16Gi' },
    allocatable: { cpu: '3900m', memory: '15Gi', pods: '110' },
    addresses: [{ type: 'InternalIP', address: '192.168.0.1' }],
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'Unknown', reason: 'KubeletReady' }],
    nodeInfo: { kubeletVersion: 'v1.34.1', architecture: 'amd64' },
  },
});

const pods = [
  pod('web-1', 'shop', 'Running'),
  pod('web-2', 'shop', 'Running', false),
  pod('job-1', 'batch', 'Succeeded'),
  pod('db-1', 'shop', 'Pending', false),
  pod('db-2', 'batch', 'Running'),
];

const LISTS: Readonly<Record<string, readonly object[]>> = {
  '/api/v1/pods': pods,
  '/api/v1/namespaces/shop/pods': pods.filter(({ metadata }) => metadata.namespace === 'shop'),
  '/api/v1/nodes': [node('node-a', true), node('node-b', false)],
  '/api/v1/namespaces': ['shop', 'batch'].map((name) => ({
    metadata: { name },
    status: { phase: 'Active' },
  })),
  '/api/v1/services': [
    {
      metadata: { name: 'web', namespace: 'shop', creationTimestamp: time },
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.1',
        ports: [{ name: 'http', port: 80, targetPort: 'web' }],
      },
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } },
    },
  ],
  '/apis/apps/v1/deployments': [deployment('web', 2), deployment('db', 1)],
  '/apis/apps/v1/daemonsets': [
    {
      metadata: { name: 'logs', namespace: 'kube-system' },
      spec: { selector: {}, template: {} },
      status: { desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 2, numberMisscheduled: 0 },
    },
  ],
};

const OBJECTS: Readonly<Record<string, object>> = {
  '/version': { major: '1', minor: '34', gitVersion: 'v1.34.1' },
  '/api/v1/namespaces/shop/pods/web-2': pods[1] ?? {},
  '/api/v1/nodes/node-a': node('node-a', true),
  '/apis/apps/v1/namespaces/shop/deployments/web': deployment('web', 2),
};

export interface KubernetesServer extends Disposable {
  readonly kubeconfig: string;
  /** The query of each request for a list. */
  readonly pages: URLSearchParams[];
  /** Answers instead of the server when it returns true. */
  override: ((path: string, response: ServerResponse) => boolean) | undefined;
}

export async function startKubernetes(token: string): Promise<KubernetesServer> {
  const pages: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://k8s');
    if (request.headers.authorization !== `Bearer ${token}`)
      return fail(response, 401, 'Unauthorized', 'Unauthorized');
    if (world.override?.(url.pathname, response) === true) return;
    const list = LISTS[url.pathname];
    if (list !== undefined) {
      pages.push(url.searchParams);
      const from = Number(url.searchParams.get('continue') ?? 0);
      const to = from + Number(url.searchParams.get('limit') ?? list.length);
      const more = to < list.length ? { continue: String(to), remainingItemCount: list.length - to } : {};
      return send(response, 200, {
        kind: 'List',
        metadata: { ...META, ...more },
        items: list.slice(from, to),
      });
    }
    const object = OBJECTS[url.pathname];
    if (object !== undefined) return send(response, 200, object);
    fail(response, 404, 'NotFound', `"${url.pathname.split('/').at(-1)}" not found`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const world: KubernetesServer = {
    pages,
    override: undefined,
    kubeconfig: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'here', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [
        { name: 'agent', user: { token: 'good' } },
        { name: 'other', user: { token: 'expired' } },
      ],
      contexts: [
        { name: 'here', context: { cluster: 'here', user: 'agent' } },
        { name: 'expired', context: { cluster: 'here', user: 'other' } },
      ],
      'current-context': 'here',
    }),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return world;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

export function fail(response: ServerResponse, code: number, reason: string, message: string): void {
  send(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  });
}
