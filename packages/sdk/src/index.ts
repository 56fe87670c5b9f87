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
export type { AgentQuery, AgentsClient, NextOptions, WorkEvent, WorkOptions } from './work/agents.ts';
export type { OnceOptions, TaskQuery, TasksClient } from './work/tasks.ts';
export { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts';
