// What is reported of an object: the few things that people ask for, not the object. Pure.

import type {
  V1DaemonSet,
  V1Deployment,
  V1Namespace,
  V1Node,
  V1ObjectMeta,
  V1Pod,
  V1Service,
} from '@kubernetes/client-node';

function named(metadata: V1ObjectMeta | undefined) {
  return {
    name: metadata?.name ?? '',
    ...(metadata?.namespace !== undefined && { namespace: metadata.namespace }),
    created: metadata?.creationTimestamp?.toISOString() ?? null,
  };
}

/** The states that kubectl shows in place of the phase. */
function podStatus({ metadata, status }: V1Pod): string {
  if (metadata?.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = status?.containerStatuses?.find(({ state }) => state?.waiting?.reason !== undefined);
  return status?.reason ?? waiting?.state?.waiting?.reason ?? status?.phase ?? 'Unknown';
}

export function describePod(pod: V1Pod) {
  const containers = pod.status?.containerStatuses ?? [];
  return {
    ...named(pod.metadata),
    phase: pod.status?.phase ?? 'Unknown',
    status: podStatus(pod),
    ready: containers.filter(({ ready }) => ready).length,
    containers: pod.spec?.containers.length ?? 0,
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    node: pod.spec?.nodeName ?? null,
    ip: pod.status?.podIP ?? null,
  };
}

export function describePodInFull(pod: V1Pod) {
  return {
    ...describePod(pod),
    labels: pod.metadata?.labels ?? {},
    conditions: conditions(pod.status?.conditions),
    containerStatuses: (pod.status?.containerStatuses ?? []).map((container) => ({
      name: container.name,
      image: container.image,
      ready: container.ready,
      restarts: container.restartCount,
      state:
        container.state?.running !== undefined
          ? 'running'
          : (container.state?.waiting?.reason ?? container.state?.terminated?.reason ?? 'unknown'),
    })),
  };
}

export function describeDeployment({ metadata, spec, status }: V1Deployment) {
  return {
    ...named(metadata),
    replicas: spec?.replicas ?? 1,
    ready: status?.readyReplicas ?? 0,
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
  };
}

export function describeDeploymentInFull(deployment: V1Deployment) {
  return {
    ...describeDeployment(deployment),
    labels: deployment.metadata?.labels ?? {},
    images: deployment.spec?.template.spec?.containers.map(({ image }) => image ?? '') ?? [],
    strategy: deployment.spec?.strategy?.type ?? null,
    conditions: conditions(deployment.status?.conditions),
  };
}

export function describeDaemonSet({ metadata, status }: V1DaemonSet) {
  return {
    ...named(metadata),
    desired: status?.desiredNumberScheduled ?? 0,
    current: status?.currentNumberScheduled ?? 0,
    ready: status?.numberReady ?? 0,
    available: status?.numberAvailable ?? 0,
  };
}

export function describeService({ metadata, spec, status }: V1Service) {
  return {
    ...named(metadata),
    type: spec?.type ?? 'ClusterIP',
    clusterIP: spec?.clusterIP ?? null,
    externalIPs: [
      ...(spec?.externalIPs ?? []),
      ...(status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? ''),
    ],
    ports: (spec?.ports ?? []).map(({ name, port, protocol, targetPort }) => ({
      name: name ?? null,
      port,
      protocol: protocol ?? 'TCP',
      targetPort: targetPort ?? null,
    })),
  };
}

export function isNodeReady(node: V1Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

export function describeNode(node: V1Node) {
  const labels = Object.keys(node.metadata?.labels ?? {});
  return {
    ...named(node.metadata),
    ready: isNodeReady(node),
    schedulable: node.spec?.unschedulable !== true,
    roles: labels
      .filter((label) => label.startsWith('node-role.kubernetes.io/'))
      .map((label) => label.slice('node-role.kubernetes.io/'.length)),
    version: node.status?.nodeInfo?.kubeletVersion ?? null,
    capacity: {
      cpu: node.status?.capacity?.['cpu'] ?? null,
      memory: node.status?.capacity?.['memory'] ?? null,
    },
  };
}

export function describeNodeInFull(node: V1Node) {
  const allocatable = node.status?.allocatable;
  return {
    ...describeNode(node),
    labels: node.metadata?.labels ?? {},
    allocatable: {
      cpu: allocatable?.['cpu'] ?? null,
      memory: allocatable?.['memory'] ?? null,
      pods: allocatable?.['pods'] ?? null,
    },
    addresses: (node.status?.addresses ?? []).map(({ type, address }) => ({ type, address })),
    taints: (node.spec?.taints ?? []).map(({ key, value, effect }) => ({
      key,
      value: value ?? null,
      effect,
    })),
    conditions: conditions(node.status?.conditions),
  };
}

export function describeNamespace({ metadata, status }: V1Namespace) {
  return { ...named(metadata), phase: status?.phase ?? 'Unknown' };
}

function conditions(
  found:
    | readonly {
        readonly type: string;
        readonly status: string;
        readonly reason?: string;
        readonly message?: string;
      }[]
    | undefined,
) {
  return (found ?? []).map(({ type, status, reason, message }) => ({
    type,
    status,
    reason: reason ?? null,
    message: message ?? null,
  }));
}
