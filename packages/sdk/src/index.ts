export {
  createTuttiClient,
  type ApplyOptions,
  type EventOptions,
  type ExplainOptions,
  type FollowOptions,
  type LogOptions,
  type TuttiClient,
} from './client.ts';
export { TuttiApiError, TuttiUnreachableError } from './errors.ts';
export type { RequestOptions, TuttiClientOptions } from './http.ts';
export type {
  AgentQuery,
  AgentsClient,
  ImportOptions,
  NextOptions,
  WorkEvent,
  WorkOptions,
} from './work/agents.ts';
export type { InboxFollowOptions, InboxQuery, MessagesClient } from './work/messages.ts';
export type { ThreadQuery, ThreadsClient } from './work/threads.ts';
export type { BudgetsClient } from './work/budgets.ts';
export type { CheckOptions, LeaseQuery, LeasesClient } from './work/leases.ts';
export type {
  KnowledgeChangeOptions,
  KnowledgeClient,
  KnowledgeOptions,
  KnowledgePageOptions,
  KnowledgeSearchOptions,
} from './work/knowledge.ts';
export type { GoalQuery, GoalsClient, ProjectQuery, ProjectsClient } from './work/projects.ts';
export type { OnceOptions, TaskQuery, TasksClient } from './work/tasks.ts';
export { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts';
export { CLAIM_META, combine, ExecutorError } from './worker/executor.ts';
export type { Executor, ExecutorErrorCode, Question, TaskResult, WorkTask } from './worker/executor.ts';
export {
  createWorker,
  WORKER_TIMING,
  type Worker,
  type WorkerOptions,
  type WorkerTiming,
} from './worker/worker.ts';
export type { WorkerEvent, WorkerPhase, WorkerState } from './worker/worker-events.ts';
