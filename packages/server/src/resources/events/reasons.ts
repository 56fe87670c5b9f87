// Why something happened to a resource: a closed list. A reason tells the kind of the resource, and whether it is a warning.

const SERVER_WARNINGS = [
  'MCPServerFailed',
  'MCPServerHealthCheckFailed',
  'MCPServerCircuitOpened',
  'MCPServerRecoveryFailed',
  'MCPServerToolsUnavailable',
  'MCPServerPortUnavailable',
  'MCPServerFamilyDiverged',
  'MCPServerToolsChanged',
] as const;
const SERVER_NORMAL = [
  'MCPServerCreated',
  'MCPServerUpdated',
  'MCPServerDeleted',
  'MCPServerStarting',
  'MCPServerStarted',
  'MCPServerStopped',
  'MCPServerRestarting',
  'MCPServerToolsDiscovered',
  'MCPServerRecoveryStarted',
  'MCPServerRecoverySucceeded',
  'MCPServerPortOpened',
  'MCPServerPortClosed',
  'MCPServerCircuitClosed',
  'MCPServerToolsRemoved',
  'MCPServerToolsApproved',
  'MCPServerSuspended',
  'MCPServerResumed',
] as const;

const AGENT_WARNINGS = [
  'AgentUnhealthy',
  /** What it was sent and did not take went back to the senders. */
  'AgentMessagesBounced',
] as const;
const AGENT_NORMAL = ['AgentRegistered', 'AgentRecovered', 'AgentRemoved'] as const;

const TASK_WARNINGS = [
  /** No registered agent could ever do it. */
  'TaskUnsatisfiable',
  /** It has failed for good. */
  'TaskFailed',
  /** An attempt took longer than it may. */
  'TaskTimeout',
  'TaskDeadlineExceeded',
] as const;
const TASK_NORMAL = [
  /** An attempt failed, or a person wants it again. */
  'TaskRetrying',
  /** A person, or a proof, is waited for. */
  'TaskWaiting',
  'TaskCancelled',
] as const;

/** An agent that had files is not heard of any more, or left without giving them back. */
const LEASE_WARNINGS = ['LeaseLost'] as const;
/** An administrator took it away. */
const LEASE_NORMAL = ['LeaseForced'] as const;
const PROJECT_NORMAL = ['ProjectCreated', 'ProjectStatusChanged'] as const;
const GOAL_NORMAL = ['GoalCreated', 'GoalStatusChanged'] as const;

const BY_KIND = {
  Store: ['StoreFailed', 'StoreRecovered'],
  MCPServer: [...SERVER_WARNINGS, ...SERVER_NORMAL],
  Agent: [...AGENT_WARNINGS, ...AGENT_NORMAL],
  Task: [...TASK_WARNINGS, ...TASK_NORMAL],
  Lease: [...LEASE_WARNINGS, ...LEASE_NORMAL],
  Project: PROJECT_NORMAL,
  Goal: GOAL_NORMAL,
} as const;

export type EventKind = keyof typeof BY_KIND;
export type EventReason = (typeof BY_KIND)[EventKind][number];
export type ServerReason = (typeof BY_KIND)['MCPServer'][number];

export const EVENT_KINDS: readonly EventKind[] = [
  'MCPServer',
  'Agent',
  'Task',
  'Project',
  'Goal',
  'Lease',
  'Store',
];
export const EVENT_REASONS: readonly EventReason[] = EVENT_KINDS.flatMap(
  (kind): readonly EventReason[] => BY_KIND[kind],
);

const warnings: ReadonlySet<string> = new Set([
  ...SERVER_WARNINGS,
  ...AGENT_WARNINGS,
  ...TASK_WARNINGS,
  ...LEASE_WARNINGS,
  'StoreFailed',
]);
const kinds: ReadonlyMap<string, EventKind> = new Map(
  EVENT_KINDS.flatMap((kind) => BY_KIND[kind].map((reason) => [reason, kind] as const)),
);

export function isEventReason(text: string): text is EventReason {
  return kinds.has(text);
}

export function typeOfEvent(reason: EventReason): 'Normal' | 'Warning' {
  return warnings.has(reason) ? 'Warning' : 'Normal';
}

export function kindOfEvent(reason: EventReason): EventKind {
  return kinds.get(reason) ?? 'MCPServer';
}
