// Agents over the API. What an agent does itself (heartbeat, next, work, …) is for the key that registered it.

import {
  AgentCardListSchema,
  AgentCardSchema,
  AgentHeartbeatAnswerSchema,
  ApiAgentListSchema,
  ApiAgentSchema,
  ApiImportedCardSchema,
  HandoutListSchema,
  HandoutSchema,
  LostClaimSchema,
  NextTaskSchema,
  MAX_PAGE_CARDS,
  WORK_EVENTS,
  type AgentCard,
  type AgentCardInput,
  type AgentHeartbeat,
  type AgentRegistrationInput,
  type AgentReport,
  type AgentStatus,
  type ApiAgent,
  type ApiImportedCard,
  type Handout,
  type LostClaim,
  type NextTask,
  type Notice,
} from '@tutti/schemas';
import type { Http, RequestOptions } from '../http.ts';
import { search } from '../search.ts';
import { readServerSentEvents } from '../server-sent-events.ts';
import { allPages } from './pages.ts';

export interface AgentQuery extends RequestOptions {
  /** All of them. */
  readonly capabilities?: readonly string[] | undefined;
  readonly role?: string | undefined;
  readonly statuses?: readonly AgentStatus[] | undefined;
  readonly modelType?: string | undefined;
  readonly group?: string | undefined;
  readonly domain?: string | undefined;
  readonly activeWithinSeconds?: number | undefined;
  /** How many at most (all). */
  readonly limit?: number | undefined;
}

export interface NextOptions extends RequestOptions {
  /** How long to wait when there is nothing now: at most 45 (0). */
  readonly waitSeconds?: number | undefined;
  /** Whether the task is to come with what its project knows of it. */
  readonly withContext?: boolean | undefined;
}

export interface WorkOptions extends RequestOptions {
  /** Tasks at once (as many as the agent does at once). */
  readonly slots?: number | undefined;
}

export type WorkEvent =
  /** A task is handed out, perhaps again. */
  | { readonly kind: 'task'; readonly handout: Handout }
  /** A claim is not in force any more; stop. */
  | { readonly kind: 'lost'; readonly lost: LostClaim };

export interface ImportOptions extends RequestOptions {
  /** What the agent is to be called; by the name on its card when left out. */
  readonly id?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

export interface AgentsClient {
  register(registration: AgentRegistrationInput, options?: RequestOptions): Promise<ApiAgent>;
  /** All pages of them, by id. */
  list(query?: AgentQuery): Promise<ApiAgent[]>;
  /** With what it has shown by class of tasks. */
  get(id: string, options?: RequestOptions): Promise<ApiAgent>;
  /** Registers an agent from its card (A2A 1.0 or 0.3). */
  importCard(card: AgentCardInput, options?: ImportOptions): Promise<ApiImportedCard>;
  /** The agent as a card of A2A 1.0. */
  card(id: string, options?: RequestOptions): Promise<AgentCard>;
  /** All pages of them, by id. */
  cards(query?: AgentQuery): Promise<AgentCard[]>;
  /** Its work is handed back, and it is gone. */
  deregister(id: string, options?: RequestOptions): Promise<void>;
  report(id: string, report: AgentReport, options?: RequestOptions): Promise<ApiAgent>;
  heartbeat(id: string, heartbeat?: AgentHeartbeat, options?: RequestOptions): Promise<Notice>;
  /** It gets nothing new, and keeps what it has. */
  drain(id: string, options?: RequestOptions): Promise<ApiAgent>;
  /** It gets nothing new until it is let go on, whatever it does itself. */
  hold(id: string, options?: RequestOptions): Promise<ApiAgent>;
  resume(id: string, options?: RequestOptions): Promise<ApiAgent>;
  /** What it holds now. */
  held(id: string, options?: RequestOptions): Promise<Handout[]>;
  /** Without a task: there was nothing within the time. */
  next(id: string, options?: NextOptions): Promise<NextTask>;
  /** First what it holds already, then what it is given, until the signal is aborted or the connection ends. Heartbeats are
   *  to be sent beside it: a stream that is open does not show that the agent is alive. */
  work(id: string, options?: WorkOptions): AsyncIterable<WorkEvent>;
}

export function createAgentsClient(http: Http): AgentsClient {
  const pathOf = (id: string, rest = ''): string => `/api/v1/agents/${encodeURIComponent(id)}${rest}`;

  return {
    register: (registration, options) =>
      http.request('POST', '/api/v1/agents', ApiAgentSchema, {
        ...options,
        text: JSON.stringify(registration),
      }),
    list: ({ signal, limit: wanted, ...query } = {}) =>
      allPages(wanted, (cursor, limit) =>
        http.request('GET', `/api/v1/agents${searchOf(query, cursor, limit)}`, ApiAgentListSchema, {
          signal,
        }),
      ),
    importCard: (card, { id, signal, idempotencyKey } = {}) =>
      http.request('POST', `/api/v1/agent-cards${search({ id })}`, ApiImportedCardSchema, {
        signal,
        idempotencyKey,
        text: JSON.stringify(card),
      }),
    card: (id, options) => http.request('GET', pathOf(id, '/card'), AgentCardSchema, options),
    cards: ({ signal, limit: wanted, ...query } = {}) =>
      allPages(wanted, (cursor, limit) => {
        const path = `/api/v1/agent-cards${searchOf(query, cursor, Math.min(limit ?? MAX_PAGE_CARDS, MAX_PAGE_CARDS))}`;
        return http.request('GET', path, AgentCardListSchema, { signal });
      }),
    get: (id, options) => http.request('GET', pathOf(id), ApiAgentSchema, options),
    deregister: (id, options) => http.delete(pathOf(id), options),
    report: (id, report, options) =>
      http.request('POST', pathOf(id, '/report'), ApiAgentSchema, {
        ...options,
        text: JSON.stringify(report),
      }),
    async heartbeat(id, heartbeat = {}, options = {}) {
      const text = JSON.stringify(heartbeat);
      const path = pathOf(id, '/heartbeat');
      return (await http.request('POST', path, AgentHeartbeatAnswerSchema, { ...options, text })).notice;
    },
    drain: (id, options) => http.request('POST', pathOf(id, '/drain'), ApiAgentSchema, options),
    hold: (id, options) => http.request('POST', pathOf(id, '/hold'), ApiAgentSchema, options),
    resume: (id, options) => http.request('POST', pathOf(id, '/resume'), ApiAgentSchema, options),
    async held(id, options) {
      return (await http.request('GET', pathOf(id, '/tasks'), HandoutListSchema, options)).items;
    },
    next: (id, { signal, waitSeconds, withContext } = {}) =>
      http.request('POST', pathOf(id, '/next'), NextTaskSchema, {
        signal,
        text: JSON.stringify({ wait_seconds: waitSeconds, with_context: withContext }),
      }),
    work: (id, { slots, signal } = {}) =>
      work(http, `${pathOf(id, '/work')}${search({ slots })}`, { signal }),
  };
}

function searchOf(
  { capabilities, statuses, modelType, activeWithinSeconds, ...query }: Omit<AgentQuery, 'signal' | 'limit'>,
  cursor: string | undefined,
  limit: number | undefined,
): string {
  return search({
    ...query,
    capabilities: capabilities?.join(','),
    statuses: statuses?.join(','),
    model_type: modelType,
    active_within_seconds: activeWithinSeconds,
    limit,
    cursor,
  });
}

async function* work(http: Http, path: string, options: RequestOptions): AsyncGenerator<WorkEvent, void> {
  const body = await http.stream(path, options);
  for await (const { event, data } of readServerSentEvents(body)) {
    const value: unknown = JSON.parse(data);
    // Events of a later version are passed over.
    if (event === WORK_EVENTS.task) {
      const handout = HandoutSchema.safeParse(value);
      if (handout.success) yield { kind: 'task', handout: handout.data };
    } else if (event === WORK_EVENTS.lost) {
      const lost = LostClaimSchema.safeParse(value);
      if (lost.success) yield { kind: 'lost', lost: lost.data };
    }
  }
}
