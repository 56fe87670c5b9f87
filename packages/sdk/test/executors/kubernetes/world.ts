// The cluster that was recorded, and what was asked of it.

import type { KubernetesReporterOptions } from '../../../src/executors/kubernetes/reporter.ts';

const time = '2026-01-02T03:04:05Z';

interface Made {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  };
  /** As a kubelet or a controller reports it. */
  readonly status?: object;
}

const spec = (image: string, node?: string, more: object = {}) => ({
  ...(node === undefined ? {} : { nodeName: node }),
  containers: [{ name: 'main', image }],
  ...more,
});

const container = (image: string, more: object) => ({
  name: 'main',
  image,
  imageID: `${image}@sha256:1`,
  restartCount: 0,
  ...more,
});

const running = (ip: string, image = 'nginx:1.27') => ({
  phase: 'Running',
  podIP: ip,
  podIPs: [{ ip }],
  hostIP: '192.168.0.1',
  startTime: time,
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }],
  containerStatuses: [
    container(image, {
      ready: true,
      started: true,
      restartCount: 1,
      state: { running: { startedAt: time } },
    }),
  ],
});

const pod = (namespace: string, name: string, podSpec: object, status?: object): Made => ({
  path: `/api/v1/namespaces/${namespace}/pods`,
  body: { metadata: { name, labels: { app: name.split('-')[0] ?? name } }, spec: podSpec },
  ...(status === undefined ? {} : { status }),
});

const node = (name: string, ready: string, more: object): Made => ({
  path: '/api/v1/nodes',
  body: {
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'node-role.kubernetes.io/control-plane': '' },
    },
    spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] },
    ...more,
  },
  status: {
    capacity: { cpu: '4', memory: '16Gi', pods: '110' },
    allocatable: { cpu: '3900m', memory: '15Gi', pods: '110' },
    addresses: [
      { type: 'InternalIP', address: '192.168.0.1' },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      {
        type: 'Ready',
        status: ready,
        reason: ready === 'True' ? 'KubeletReady' : 'NodeStatusUnknown',
        message:
          ready === 'True' ? 'kubelet is posting ready status' : 'Kubelet stopped posting node status.',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
      },
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: '6.12',
      osImage: 'Debian',
      containerRuntimeVersion: 'containerd://2.1',
      kubeletVersion: 'v1.36.3',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  },
});

const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image: `${app}:2` }] },
});

const deployment = (name: string, ready: number, reason?: string): Made => ({
  path: '/apis/apps/v1/namespaces/shop/deployments',
  body: {
    metadata: { name, labels: { app: name } },
    spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template(name) },
  },
  status: {
    observedGeneration: 1,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: 2 - ready,
    conditions: [
      {
        type: 'Available',
        status: reason === undefined ? 'True' : 'False',
        reason: reason ?? 'MinimumReplicasAvailable',
        lastUpdateTime: time,
        lastTransitionTime: time,
      },
    ],
  },
});

export const OBJECTS: readonly Made[] = [
  { path: '/api/v1/namespaces', body: { metadata: { name: 'shop' } } },
  { path: '/api/v1/namespaces', body: { metadata: { name: 'batch' } } },
  node('node-a', 'True', {}),
  node('node-b', 'Unknown', { spec: { unschedulable: true } }),
  pod('shop', 'web-1', spec('nginx:1.27', 'node-a'), running('10.1.2.3')),
  pod('shop', 'web-2', spec('nginx:1.27', 'node-a'), {
    phase: 'Running',
    podIP: '10.1.2.4',
    podIPs: [{ ip: '10.1.2.4' }],
    startTime: time,
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'ContainersNotReady',
        message: 'containers with unready status: [main]',
        lastTransitionTime: time,
      },
    ],
    containerStatuses: [
      container('nginx:1.27', {
        ready: false,
        started: false,
        restartCount: 7,
        state: {
          waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' },
        },
        lastState: { terminated: { exitCode: 1, reason: 'Error', startedAt: time, finishedAt: time } },
      }),
    ],
  }),
  pod('shop', 'web-3', spec('nginx:1.27', 'node-b'), {
    phase: 'Failed',
    reason: 'Evicted',
    message: 'The node was low on resource: memory.',
    startTime: time,
  }),
  // Nobody has scheduled it: what there is of its state the API server made itself.
  pod('shop', 'db-1', spec('postgres:18')),
  // It is being deleted.
  pod('shop', 'db-2', spec('postgres:18', 'node-b'), running('10.1.3.3', 'postgres:18')),
  pod('batch', 'job-1', spec('busybox:1', 'node-a', { restartPolicy: 'Never' }), {
    phase: 'Succeeded',
    podIP: '10.1.2.5',
    podIPs: [{ ip: '10.1.2.5' }],
    startTime: time,
    conditions: [{ type: 'Ready', status: 'False', reason: 'PodCompleted', lastTransitionTime: time }],
    containerStatuses: [
      container('busybox:1', {
        ready: false,
        started: false,
        state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: time, finishedAt: time } },
      }),
    ],
  }),
  deployment('web', 2),
  deployment('db', 1, 'MinimumReplicasUnavailable'),
  {
    path: '/apis/apps/v1/namespaces/kube-system/daemonsets',
    body: {
      metadata: { name: 'logs' },
      spec: { selector: { matchLabels: { app: 'logs' } }, template: template('logs') },
    },
    status: {
      currentNumberScheduled: 2,
      desiredNumberScheduled: 2,
      numberMisscheduled: 0,
      numberReady: 1,
      numberAvailable: 1,
      numberUnavailable: 1,
      observedGeneration: 1,
    },
  },
  {
    path: '/api/v1/namespaces/shop/services',
    body: {
      metadata: { name: 'web' },
      spec: {
        type: 'LoadBalancer',
        selector: { app: 'web' },
        ports: [{ name: 'http', port: 80, targetPort: 'web' }],
      },
    },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } },
  },
  {
    path: '/api/v1/namespaces/shop/services',
    body: {
      metadata: { name: 'db' },
      spec: { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 5432 }] },
    },
  },
  {
    path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    body: {
      metadata: { name: 'reporter' },
      rules: [
        {
          apiGroups: ['', 'apps'],
          resources: ['pods', 'services', 'nodes', 'namespaces', 'deployments', 'daemonsets'],
          verbs: ['get', 'list'],
        },
      ],
    },
  },
  {
    path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    body: {
      metadata: { name: 'reporter' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reporter' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'agent' }],
    },
  },
];

export interface Asked {
  readonly story: string;
  /** `agent` may read, `stranger` may nothing; any other is not known. */
  readonly user?: string;
  readonly capability: string;
  readonly payload: object;
  readonly limits?: KubernetesReporterOptions['limits'];
  readonly compactsBetweenPages?: true;
}

export const ASKED: readonly Asked[] = [
  { story: 'all pods', capability: 'list-pods', payload: {}, limits: { pageSize: 2 } },
  {
    story: 'pods of a label',
    capability: 'list-pods',
    payload: { labelSelector: 'app=web', namespace: 'shop' },
  },
  { story: 'pods of a phase', capability: 'list-pods', payload: { fieldSelector: 'status.phase=Pending' } },
  { story: 'pods of no namespace', capability: 'list-pods', payload: { namespace: 'nowhere' } },
  { story: 'so many pods', capability: 'list-pods', payload: { limit: 3 }, limits: { pageSize: 2 } },
  { story: 'deployments', capability: 'list-deployments', payload: {} },
  { story: 'daemonsets', capability: 'list-daemonsets', payload: {} },
  { story: 'services', capability: 'list-services', payload: {} },
  { story: 'nodes', capability: 'list-nodes', payload: {} },
  { story: 'namespaces', capability: 'list-namespaces', payload: {} },
  { story: 'a pod', capability: 'get-pod', payload: { name: 'web-2', namespace: 'shop' } },
  { story: 'a deployment', capability: 'get-deployment', payload: { name: 'db', namespace: 'shop' } },
  { story: 'a node', capability: 'get-node-status', payload: { name: 'node-b' } },
  { story: 'summary', capability: 'cluster-summary', payload: {}, limits: { pageSize: 4 } },
  { story: 'no such pod', capability: 'get-pod', payload: { name: 'none' } },
  { story: 'not let in', user: 'nobody', capability: 'list-nodes', payload: {} },
  { story: 'not allowed', user: 'stranger', capability: 'cluster-summary', payload: {} },
  { story: 'not allowed pods', user: 'stranger', capability: 'list-pods', payload: { namespace: 'shop' } },
  { story: 'no selector', capability: 'list-pods', payload: { labelSelector: 'a in (b' } },
  { story: 'no field', capability: 'list-pods', payload: { fieldSelector: 'spec.color=red' } },
  {
    story: 'compacted between pages',
    capability: 'list-pods',
    payload: {},
    limits: { pageSize: 2 },
    compactsBetweenPages: true,
  },
];
