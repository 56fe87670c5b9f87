// The Kubernetes reporter: reads a cluster and says what is there. It changes nothing and needs the rights to get and list.

import { z } from 'zod';
import { ExecutorError, type Executor } from '../../worker/executor.ts';
import { withDefaults, type GivenLimits } from '../given-limits.ts';
import { createOperations, operation } from '../operations.ts';
import { connectCluster, type CallOptions, type Cluster, type ClusterOptions } from './cluster.ts';
import {
  describeDaemonSet,
  describeDeployment,
  describeDeploymentInFull,
  describeNamespace,
  describeNode,
  describeNodeInFull,
  describePod,
  describePodInFull,
  describeService,
  isNodeReady,
} from './describe.ts';

export interface KubernetesLimits {
  /** Objects that one request asks for. */
  readonly pageSize: number;
  /** Objects that one answer lists. */
  readonly maxItems: number;
  /** Objects of one kind that a summary counts. */
  readonly maxCounted: number;
  /** Of one task. */
  readonly maxTimeMs: number;
}

export const KUBERNETES_LIMITS: KubernetesLimits = {
  pageSize: 250,
  maxItems: 1_000,
  maxCounted: 50_000,
  maxTimeMs: 60_000,
};

export interface KubernetesReporterOptions extends ClusterOptions {
  readonly limits?: GivenLimits<KubernetesLimits> | undefined;
}

const selectors = {
  labelSelector: z.string().max(4_096).optional(),
  fieldSelector: z.string().max(4_096).optional(),
  /** At most so many; more are cut off, and the answer says so. */
  limit: z.int().min(1).optional(),
};
const NameSchema = z.string().min(1).max(253);
const NamespacedListSchema = z.strictObject({ namespace: NameSchema.optional(), ...selectors });
const ListSchema = z.strictObject(selectors);
const NamespacedNameSchema = z.strictObject({ name: NameSchema, namespace: NameSchema.default('default') });
const NodeNameSchema = z.strictObject({ name: NameSchema });
const NothingSchema = z.strictObject({});

interface Page<T> {
  readonly items: readonly T[];
  readonly metadata?: { readonly _continue?: string };
}

interface PageQuery {
  readonly limit: number;
  readonly _continue?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export function createKubernetesReporter(options: KubernetesReporterOptions = {}): Executor {
  const limits = withDefaults(KUBERNETES_LIMITS, options.limits);
  let connecting: Promise<Cluster> | undefined;
  const cluster = async (): Promise<Cluster> => {
    connecting ??= connectCluster(options);
    try {
      return await connecting;
    } catch (error) {
      // The file may be mended before the next task.
      connecting = undefined;
      throw error;
    }
  };

  /** An operation on the cluster with a time limit. */
  const reading = <S extends z.ZodType>(
    schema: S,
    run: (cluster: Cluster, payload: z.output<S>, signal: AbortSignal) => Promise<unknown>,
  ) =>
    operation(schema, async (payload, _task, signal) => {
      const timeout = AbortSignal.timeout(limits.maxTimeMs);
      try {
        return await run(await cluster(), payload, AbortSignal.any([signal, timeout]));
      } catch (error) {
        if (signal.aborted || !timeout.aborted) throw error;
        throw new ExecutorError(
          'limit_time',
          `The API server did not answer within ${limits.maxTimeMs} ms (maxTime).`,
          {
            retryable: true,
          },
        );
      }
    });

  async function list<T>(
    cluster: Cluster,
    what: string,
    signal: AbortSignal,
    query: z.output<typeof ListSchema>,
    fetchPage: (query: PageQuery, options: CallOptions) => Promise<Page<T>>,
    most: number = limits.maxItems,
  ): Promise<{ readonly items: readonly T[]; readonly truncated: boolean }> {
    const wanted = Math.min(query.limit ?? most, most);
    const { labelSelector, fieldSelector } = query;
    const items: T[] = [];
    let token: string | undefined;
    do {
      const page = await cluster.call(`list ${what}`, signal, (options) =>
        fetchPage(
          {
            limit: Math.min(limits.pageSize, wanted - items.length),
            ...(token !== undefined && { _continue: token }),
            ...(labelSelector !== undefined && { labelSelector }),
            ...(fieldSelector !== undefined && { fieldSelector }),
          },
          options,
        ),
      );
      items.push(...page.items.slice(0, wanted - items.length));
      token = page.metadata?._continue || undefined;
    } while (token !== undefined && items.length < wanted);
    return { items, truncated: token !== undefined };
  }

  function listing<T>(
    what: string,
    describe: (item: T) => object,
    fetchPage: (
      cluster: Cluster,
      query: PageQuery,
      namespace: string | undefined,
      options: CallOptions,
    ) => Promise<Page<T>>,
  ) {
    return reading(NamespacedListSchema, async (cluster, { namespace, ...query }, signal) => {
      const where = namespace === undefined ? what : `${what} in ${namespace}`;
      const { items, truncated } = await list(cluster, where, signal, query, (page, options) =>
        fetchPage(cluster, page, namespace, options),
      );
      return { count: items.length, truncated, items: items.map((item) => describe(item)) };
    });
  }

  function clusterListing<T>(
    what: string,
    describe: (item: T) => object,
    fetchPage: (cluster: Cluster, query: PageQuery, options: CallOptions) => Promise<Page<T>>,
  ) {
    return reading(ListSchema, async (cluster, query, signal) => {
      const { items, truncated } = await list(cluster, what, signal, query, (page, options) =>
        fetchPage(cluster, page, options),
      );
      return { count: items.length, truncated, items: items.map((item) => describe(item)) };
    });
  }

  async function summarize(cluster: Cluster, signal: AbortSignal) {
    const all = <T>(what: string, fetchPage: (query: PageQuery, options: CallOptions) => Promise<Page<T>>) =>
      list(cluster, what, signal, {}, fetchPage, limits.maxCounted);
    const version = await cluster.call('read the version', signal, (options) =>
      cluster.version.getCode({}, options),
    );
    const { core, apps } = cluster;
    const nodes = await all('nodes', (page, options) => core.listNode(page, options));
    const namespaces = await all('namespaces', (page, options) => core.listNamespace(page, options));
    const pods = await all('pods', (page, options) => core.listPodForAllNamespaces(page, options));
    const deployments = await all('deployments', (page, options) =>
      apps.listDeploymentForAllNamespaces(page, options),
    );
    const daemonSets = await all('daemonsets', (page, options) =>
      apps.listDaemonSetForAllNamespaces(page, options),
    );
    const services = await all('services', (page, options) =>
      core.listServiceForAllNamespaces(page, options),
    );
    const phases: Record<string, number> = {};
    for (const pod of pods.items) {
      const phase = pod.status?.phase ?? 'Unknown';
      phases[phase] = (phases[phase] ?? 0) + 1;
    }
    const isComplete = (ready: number | undefined, wanted: number | undefined): boolean =>
      (ready ?? 0) >= (wanted ?? 0);
    return {
      version: version.gitVersion,
      nodes: { total: nodes.items.length, ready: nodes.items.filter(isNodeReady).length },
      namespaces: namespaces.items.length,
      pods: { total: pods.items.length, phases },
      deployments: {
        total: deployments.items.length,
        ready: deployments.items.filter(({ spec, status }) =>
          isComplete(status?.readyReplicas, spec?.replicas ?? 1),
        ).length,
      },
      daemonsets: {
        total: daemonSets.items.length,
        ready: daemonSets.items.filter(({ status }) =>
          isComplete(status?.numberReady, status?.desiredNumberScheduled),
        ).length,
      },
      services: services.items.length,
      truncated: [nodes, namespaces, pods, deployments, daemonSets, services].some(
        ({ truncated }) => truncated,
      ),
    };
  }

  return createOperations(
    {
      'list-pods': listing('pods', describePod, ({ core }, page, namespace, options) =>
        namespace === undefined
          ? core.listPodForAllNamespaces(page, options)
          : core.listNamespacedPod({ ...page, namespace }, options),
      ),
      'list-deployments': listing('deployments', describeDeployment, ({ apps }, page, namespace, options) =>
        namespace === undefined
          ? apps.listDeploymentForAllNamespaces(page, options)
          : apps.listNamespacedDeployment({ ...page, namespace }, options),
      ),
      'list-daemonsets': listing('daemonsets', describeDaemonSet, ({ apps }, page, namespace, options) =>
        namespace === undefined
          ? apps.listDaemonSetForAllNamespaces(page, options)
          : apps.listNamespacedDaemonSet({ ...page, namespace }, options),
      ),
      'list-services': listing('services', describeService, ({ core }, page, namespace, options) =>
        namespace === undefined
          ? core.listServiceForAllNamespaces(page, options)
          : core.listNamespacedService({ ...page, namespace }, options),
      ),
      'list-nodes': clusterListing('nodes', describeNode, ({ core }, page, options) =>
        core.listNode(page, options),
      ),
      'list-namespaces': clusterListing('namespaces', describeNamespace, ({ core }, page, options) =>
        core.listNamespace(page, options),
      ),
      'get-pod': reading(NamespacedNameSchema, async (cluster, target, signal) =>
        describePodInFull(
          await cluster.call(`get the pod ${target.namespace}/${target.name}`, signal, (options) =>
            cluster.core.readNamespacedPod(target, options),
          ),
        ),
      ),
      'get-deployment': reading(NamespacedNameSchema, async (cluster, target, signal) =>
        describeDeploymentInFull(
          await cluster.call(`get the deployment ${target.namespace}/${target.name}`, signal, (options) =>
            cluster.apps.readNamespacedDeployment(target, options),
          ),
        ),
      ),
      'get-node-status': reading(NodeNameSchema, async (cluster, target, signal) =>
        describeNodeInFull(
          await cluster.call(`get the node ${target.name}`, signal, (options) =>
            cluster.core.readNode(target, options),
          ),
        ),
      ),
      'cluster-summary': reading(NothingSchema, (cluster, _payload, signal) => summarize(cluster, signal)),
    },
    ['k8s-reporter'],
  );
}
