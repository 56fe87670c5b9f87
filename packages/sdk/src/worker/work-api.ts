// What a worker says to Tutti's API and hears from it. Each call has a time limit, so that a connection that is only half
// there is noticed.

import {
  ApiAgentSchema,
  ApiTaskSchema,
  HandoutSchema,
  LostClaimSchema,
  NoticeSchema,
  WORK_EVENTS,
  type AgentRegistrationInput,
  type ApiAgent,
  type ApiTask,
  type Handout,
  type LostClaim,
  type Notice,
} from '@tutti/schemas';
import { z } from 'zod';
import { TuttiApiError, TuttiUnreachableError } from '../errors.ts';
import type { AnswerSchema, Http } from '../http.ts';
import { readServerSentEvents } from '../server-sent-events.ts';
import type { Question } from './executor.ts';

export interface ClaimId {
  readonly task_id: string;
  readonly claim: number;
}

export type WorkEvent =
  | { readonly kind: 'open' }
  | { readonly kind: 'task'; readonly handout: Handout }
  | { readonly kind: 'lost'; readonly lost: LostClaim };

export interface Next {
  readonly handout: Handout | undefined;
  readonly notice: Notice;
}

export interface WorkApi {
  register(registration: AgentRegistrationInput, signal: AbortSignal): Promise<ApiAgent>;
  deregister(signal: AbortSignal): Promise<void>;
  heartbeat(holding: readonly ClaimId[], signal: AbortSignal): Promise<Notice>;
  drain(signal: AbortSignal): Promise<void>;
  held(signal: AbortSignal): Promise<readonly Handout[]>;
  next(signal: AbortSignal): Promise<Next>;
  /** First `open`, then what happens; ends or fails when the connection does. */
  watch(slots: number, signal: AbortSignal): AsyncIterable<WorkEvent>;
  /** What a person said to the last question. */
  answered(claim: ClaimId, signal: AbortSignal): Promise<Answered>;
  start(claim: ClaimId, signal: AbortSignal): Promise<ApiTask>;
  progress(claim: ClaimId, progress: Progress, signal: AbortSignal): Promise<ApiTask>;
  complete(claim: ClaimId, result: unknown, signal: AbortSignal): Promise<ApiTask>;
  fail(claim: ClaimId, failure: Failure, signal: AbortSignal): Promise<ApiTask>;
  release(claim: ClaimId, release: Release, signal: AbortSignal): Promise<ApiTask>;
  ask(claim: ClaimId, question: Question, signal: AbortSignal): Promise<ApiTask>;
}

export interface Progress {
  readonly progress?: number | undefined;
  readonly message?: string | undefined;
  readonly partial_result?: unknown;
}

export interface Failure {
  readonly error: string;
  readonly retryable: boolean;
  readonly partial_result?: unknown;
}

export interface Release {
  readonly reason: string;
  readonly partial_result?: unknown;
}

const AnsweredSchema = z.object({
  answered: z.boolean(),
  response: z.json().optional(),
  cancelled: z.boolean().optional(),
});
type Answered = z.infer<typeof AnsweredSchema>;

const HeartbeatAnswerSchema = z.object({ notice: NoticeSchema });
const HeldSchema = z.object({ items: z.array(HandoutSchema) });
const NextSchema = z.object({
  task: ApiTaskSchema.optional(),
  claim: z.int().optional(),
  notice: NoticeSchema,
});

const CALL_TIMEOUT_MS = 30_000;
/** The server sends a comment every 15 s. */
const SILENCE_MS = 45_000;

export function createWorkApi(http: Http, agentId: string): WorkApi {
  const agentPath = `/api/v1/agents/${encodeURIComponent(agentId)}`;
  const taskPath = (id: string): string => `/api/v1/tasks/${encodeURIComponent(id)}`;

  function limited<T>(signal: AbortSignal, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    return send(AbortSignal.any([signal, timeout])).catch((error: unknown) => {
      if (signal.aborted || !timeout.aborted) throw error;
      throw new TuttiUnreachableError('', `Tutti did not answer within ${CALL_TIMEOUT_MS} ms.`);
    });
  }

  function call<T>(
    method: 'GET' | 'POST',
    path: string,
    schema: AnswerSchema<T>,
    signal: AbortSignal,
    body?: object,
  ): Promise<T> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return limited(signal, (signal) => http.request(method, path, schema, { signal, text }));
  }

  const report = (
    { task_id, claim }: ClaimId,
    verb: string,
    body: object,
    signal: AbortSignal,
  ): Promise<ApiTask> =>
    call('POST', `${taskPath(task_id)}/${verb}`, ApiTaskSchema, signal, {
      agent_id: agentId,
      claim,
      ...body,
    });

  return {
    register: (registration, signal) => call('POST', '/api/v1/agents', ApiAgentSchema, signal, registration),
    deregister: (signal) => limited(signal, (signal) => http.delete(agentPath, { signal })),
    async heartbeat(holding, signal) {
      return (await call('POST', `${agentPath}/heartbeat`, HeartbeatAnswerSchema, signal, { holding }))
        .notice;
    },
    async drain(signal) {
      await call('POST', `${agentPath}/drain`, ApiAgentSchema, signal, {});
    },
    async held(signal) {
      return (await call('GET', `${agentPath}/tasks`, HeldSchema, signal)).items;
    },
    async next(signal) {
      const { task, claim, notice } = await call('POST', `${agentPath}/next`, NextSchema, signal, {
        wait_seconds: 0,
      });
      return { handout: task === undefined || claim === undefined ? undefined : { task, claim }, notice };
    },
    watch: (slots, signal) => watchWork(http, `${agentPath}/work?slots=${slots}`, signal),
    answered: ({ task_id, claim }, signal) =>
      call('POST', `${taskPath(task_id)}/answered`, AnsweredSchema, signal, { agent_id: agentId, claim }),
    start: (claim, signal) => report(claim, 'start', {}, signal),
    progress: (claim, progress, signal) => report(claim, 'progress', progress, signal),
    complete: (claim, result, signal) => report(claim, 'complete', { result }, signal),
    fail: (claim, failure, signal) => report(claim, 'fail', failure, signal),
    release: (claim, release, signal) => report(claim, 'release', release, signal),
    ask: (claim, question, signal) => report(claim, 'ask', question, signal),
  };
}

async function* watchWork(http: Http, path: string, signal: AbortSignal): AsyncGenerator<WorkEvent, void> {
  const silent = new AbortController();
  const both = AbortSignal.any([signal, silent.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      silent.abort(new TuttiUnreachableError('', `Nothing was heard for ${SILENCE_MS} ms.`));
    }, SILENCE_MS);
  };
  heard();
  try {
    const body = await http.stream(path, { signal: both });
    yield { kind: 'open' };
    const noticed = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        heard();
        controller.enqueue(chunk);
      },
    });
    for await (const { event, data } of readServerSentEvents(body.pipeThrough(noticed))) {
      const found = workEvent(event, data);
      if (found !== undefined) yield found;
    }
  } finally {
    clearTimeout(timer);
    silent.abort();
  }
}

/** Events of a later version are passed over. */
function workEvent(event: string, data: string): WorkEvent | undefined {
  if (event === WORK_EVENTS.task) {
    const handout = HandoutSchema.safeParse(JSON.parse(data));
    if (handout.success) return { kind: 'task', handout: handout.data };
  } else if (event === WORK_EVENTS.lost) {
    const lost = LostClaimSchema.safeParse(JSON.parse(data));
    if (lost.success) return { kind: 'lost', lost: lost.data };
  }
  return undefined;
}

/** Whether the same call may succeed later. Credentials may be renewed; what is wrong with a request stays wrong. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof TuttiApiError)) return true;
  const { status } = error;
  return status >= 500 || status === 408 || status === 429 || status === 401 || status === 403;
}
