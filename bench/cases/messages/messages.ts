// Messages at size, on both databases: how soon an agent that waits has a message that is sent to it, now and then and
// under load, beside the bare statements of the same.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentRegistrationSchema, MessageSubmissionSchema, ThreadSubmissionSchema } from '@tutti/schemas';
import { AGENT_MIGRATIONS } from '../../../packages/server/src/coordination/agents/migrations.ts';
import { BUDGET_MIGRATIONS } from '../../../packages/server/src/coordination/budgets/migrations.ts';
import {
  type Coordination,
  openCoordination,
} from '../../../packages/server/src/coordination/coordination.ts';
import { MESSAGE_MIGRATIONS } from '../../../packages/server/src/coordination/messages/migrations.ts';
import { TASK_MIGRATIONS } from '../../../packages/server/src/coordination/tasks/migrations.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { createIds } from '../../../packages/server/src/kernel/ids.ts';
import type { Database } from '../../../packages/server/src/store/database.ts';
import { openDatabase } from '../../../packages/server/src/store/open-database.ts';
import { type LatencySummary, summarize } from '../../load/latencies.ts';
import { startPostgres } from '../../targets/postgres.ts';
import { measureBareMail } from './bare.ts';

const AGENTS = 1_000;
const THREADS = 100;
const AT_ONCE = 200;
const SENDERS = 16;
const SEND_EVERY_MS = 10;
const SETTLE_MS = 1_000;
const BENCH = { id: 'bench', isAdmin: true } as const;

export interface MailStoreResult {
  readonly store: 'SQLite' | 'PostgreSQL';
  /** A message to one agent now and then; from the send until it has it. */
  readonly idle: LatencySummary;
  /** Sixteen write to threads of ten, one message after the other. */
  readonly loaded: LatencySummary;
  readonly sendsPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** The statements of one send and one take, in two transactions. */
  readonly bare: LatencySummary;
}

export interface MailResult {
  readonly agents: number;
  readonly threads: number;
  readonly stores: readonly MailStoreResult[];
}

export async function measureMessages(
  folder: string,
  { quick, progress }: { readonly quick: boolean; readonly progress: (line: string) => void },
): Promise<MailResult> {
  const sends = quick ? 200 : 1_000;
  const measure = async (store: MailStoreResult['store'], url: string): Promise<MailStoreResult> => {
    progress(`messages on ${store}`);
    return { store, ...(await measureOn(url, sends)) };
  };
  const stores = [await measure('SQLite', `sqlite:${join(folder, 'messages.db')}`)];
  await using postgres = await startPostgres();
  if (postgres !== undefined) stores.push(await measure('PostgreSQL', postgres.url));
  return { agents: AGENTS, threads: THREADS, stores };
}

async function measureOn(url: string, sends: number): Promise<Omit<MailStoreResult, 'store'>> {
  await using database: Database<object> = await openDatabase(url, {
    migrations: [AGENT_MIGRATIONS, TASK_MIGRATIONS, BUDGET_MIGRATIONS, MESSAGE_MIGRATIONS],
  });
  await using coordination = await openCoordination({
    database,
    clock: systemClock,
    makeId: createIds({ nowMs: () => Date.now(), randomBytes }),
    switches: () => ({ domainFiltering: true, loadBalancing: true }),
    roles: () => ({}),
    events: { agentChanged: () => undefined, tasksChanged: () => undefined, unsatisfiable: () => undefined },
    warn: (message, cause) => console.error(message, cause),
  });
  const { agents, threads } = await populate(coordination);
  const sentAt = new Map<string, number>();
  let latencies: number[] = [];
  const over = new AbortController();
  const waiting = agents.map((id) => receive(id));

  async function receive(id: string): Promise<void> {
    while (!over.signal.aborted) {
      const wait = { waitMs: 45_000, signal: over.signal };
      const taken = await coordination.messages
        .take(id, { limit: 100, wait }, BENCH)
        .catch((error: unknown) => {
          if (over.signal.aborted) return undefined;
          throw error;
        });
      const now = performance.now();
      for (const { content } of taken?.items ?? [])
        latencies.push(now - ((typeof content === 'string' ? sentAt.get(content) : undefined) ?? Number.NaN));
    }
  }

  let number = 0;
  async function send(
    to: { recipient_id: string; sender_id: string } | { thread_id: string; sender_id: string },
  ) {
    const content = `message ${number++}`;
    sentAt.set(content, performance.now());
    await coordination.messages.send(MessageSubmissionSchema.parse({ ...to, content }), BENCH);
  }
  const at = (n: number): string => agents[n % agents.length] ?? '';

  await sleep(SETTLE_MS);
  for (let n = 0; n < sends; n++) {
    await send({ sender_id: at(n), recipient_id: at(n + 1) });
    await sleep(SEND_EVERY_MS);
  }
  await sleep(SETTLE_MS);
  const idle = summarize(latencies);
  latencies = [];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: SENDERS }, async (_, sender) => {
      for (let n = 0; n < sends / 4; n++) {
        const thread = (sender * 7 + n) % THREADS;
        await send({ sender_id: at(thread), thread_id: threads[thread] ?? '' });
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  await sleep(SETTLE_MS);
  const loaded = summarize(latencies);
  const deliveries = latencies.length;
  over.abort(new Error('enough'));
  await Promise.all(waiting);
  const bare = await measureBareMail(database, agents, sends);
  return {
    idle,
    loaded,
    sendsPerSecond: (SENDERS * (sends / 4)) / seconds,
    deliveriesPerSecond: deliveries / seconds,
    bare,
  };
}

async function populate(
  coordination: Coordination,
): Promise<{ readonly agents: readonly string[]; readonly threads: readonly string[] }> {
  const agents = Array.from({ length: AGENTS }, (_, n) => `agent-${n}`);
  for (let from = 0; from < AGENTS; from += AT_ONCE)
    await Promise.all(
      agents
        .slice(from, from + AT_ONCE)
        .map((id) =>
          coordination.agents.register(
            AgentRegistrationSchema.parse({ id, heartbeatInterval: 3_600 }),
            BENCH,
          ),
        ),
    );
  const threads = await Promise.all(
    Array.from({ length: THREADS }, async (_, n) => {
      const participants = agents.filter((_id, index) => index % THREADS === n);
      const thread = ThreadSubmissionSchema.parse({
        creator_id: agents[n],
        title: `thread ${n}`,
        participants,
      });
      return (await coordination.threads.create(thread, BENCH)).id;
    }),
  );
  return { agents, threads };
}
