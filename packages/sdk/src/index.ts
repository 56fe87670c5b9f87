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
export { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts';
