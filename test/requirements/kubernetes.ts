// Requirements: kubernetes.

import type { Requirement } from './requirement.ts';

export const kubernetes = {
  'K8S-01': {
    state: 'later',
    text: 'Custom resources MCPServer, Agent, Task, Workflow, AgentTemplate, Toolset, Elicitation with structural OpenAPI v3 schemas and validation rules generated from the one schema source, status subresource, print columns, short names (mcps, mcpagent, mcptask, wf), categories. `kubectl get`, `describe`, `apply`, `wait`, `delete` work.',
  },
  'K8S-02': {
    state: 'later',
    text: "The kinds of `mcp.io/v1` (Agent, Task) and `muster.giantswarm.io/v1alpha1` (MCPServer, Workflow) are accepted as aliases by the importer, with their own defaults (muster's autoStart is false).",
  },
  'K8S-03': {
    state: 'later',
    text: 'Controller on informers: level-triggered, rate-limited queue, 10 concurrent reconciles, resync 30 s, finalizers, owner references, observedGeneration, conditions, Kubernetes Events as the audit trail (Created, Assigned, NoAgent, Timeout, DeadlineExceeded, Retrying, Deleted, Ready, Unhealthy, Cancelled, …); a second pass writes nothing.',
  },
  'K8S-04': {
    state: 'later',
    text: 'Leader election by Lease (15 s / 10 s / 2 s); failover loses nothing; rolling upgrade without downtime.',
  },
  'K8S-05': {
    state: 'later',
    text: "Domains: one deployment per domain in its own namespace; the controller ignores other domains; cross-domain assignment is impossible by construction and by RBAC; usage is tracked and limited per domain (ResourceQuota, concurrent tasks, budget); killing one domain leaves the others' latency and errors unchanged.",
  },
  'K8S-06': {
    state: 'later',
    text: 'stdio servers in a cluster: with an image they run as pods with the adapter as entrypoint; without one the condition NotSupportedInCluster (reason StdioInClusterMode) is set and the requeue is 30 s.',
  },
  'K8S-07': {
    state: 'later',
    text: 'Helm chart, CRDs in their own chart: control plane (HA), gateway (HPA, PDB), RBAC with separate least-privilege service accounts, NetworkPolicies, pod security (non-root, read-only root, seccomp), optional ServiceMonitor, Grafana dashboards, external secrets, upstreamURL default `http://agentgateway.<namespace>.svc.cluster.local:8080`; values.schema.json.',
  },
  'K8S-08': {
    state: 'later',
    text: 'Images: multi-stage, non-root, small, with git where it is needed. DaemonSet and Deployment for agents.',
  },
  'K8S-09': {
    state: 'later',
    text: 'Tests against a real kube-apiserver and etcd; scale tests with simulated nodes.',
  },
  'K8S-10': {
    state: 'later',
    text: 'Agents ≥ 100 per controller (goal: 10,000), accepted-to-assigned < 100 ms (goal: p99 < 10 ms), recovery from controller kill without a lost or doubled task.',
  },
  'K8S-11': {
    state: 'later',
    text: 'The MCP front: list_kubernetes_pods, _nodes, _deployments, _services, _daemonsets, _namespaces, get_kubernetes_pod, get_kubernetes_node_status, get_cluster_summary become tasks of the reporter agent and wait for the result.',
  },
  'K8S-12': {
    state: 'later',
    text: 'Executor profile: namespace `mcp-executor`, Deployment and Service `mcp-orchestrator`, label `app=mcp-orchestrator`, ports 3000-3010, git clone at start, optional envFrom `mcp-executor-secrets`; example declaration authentik-mcp (3001).',
  },
  'K8S-13': {
    state: 'later',
    text: 'Samples (agent, task) and three domain overlays (data-processing, infrastructure, content) apply cleanly; one command starts a multi-domain development set-up.',
  },
  'K8S-14': { state: 'later', text: 'Agent Deployments scale on queue depth per domain.' },
  'K8S-15': {
    state: 'later',
    text: 'CRDs, schemas and typed clients are generated and CI fails on drift; the chart is linted and unit-tested.',
  },
} as const satisfies Record<string, Requirement>;
