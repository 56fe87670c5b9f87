// Threads: begun, joined, left, archived, read, and waited in for answers.

import {
  type ApiMessage,
  type ApiThread,
  type CriticalAnswer,
  type CriticalThread,
  MAX_PAGE_MESSAGES,
  MAX_RECIPIENTS,
  type MessagePage,
  type ThreadPage,
  type ThreadStatus,
  type ThreadSubmission,
} from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import type { Wait } from '../kernel/news.ts';
import type { Caller } from './agents/registry.ts';
import type { Engine } from './engine.ts';
import type { Mail } from './mail.ts';
import { createActing } from './messages/acting.ts';
import { adding, archiving, creation, joining, removing } from './messages/membership.ts';
import {
  readThread,
  readThreadMessages,
  readThreadPage,
  readThreadParticipants,
  type ThreadMessagesQuery,
} from './messages/reads.ts';
import { unknownThread } from './messages/refusals.ts';
import type { ThreadRow } from './messages/rows.ts';
import { bodyOf } from './messages/sending.ts';
import { messageView, metadataOf, threadView } from './messages/views.ts';
import type { Once } from './tasks/book.ts';

/** Where a thread that needs answers keeps what it needs, in its metadata. */
const CRITICAL = 'critical';
const CriticalSchema = z.object({ wait_for_responses: z.int(), timeout_ms: z.int() });

export interface ThreadsQuery {
  /** Left out: all threads, which only administrators may see. */
  readonly participantId?: string | undefined;
  readonly status?: ThreadStatus | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A change of a thread by one of its participants. */
export interface ThreadChange {
  readonly threadId: string;
  /** Undefined: an administrator. */
  readonly by: string | undefined;
  readonly once?: Once | undefined;
}

export interface Threads {
  create(thread: ThreadSubmission, by: Caller, once?: Once): Promise<ApiThread>;
  /** Waits as long as it may; what came by then. */
  createCritical(thread: CriticalThread, wait: Wait, by: Caller, once?: Once): Promise<CriticalAnswer>;
  /** What came to a thread that needs answers; waits for the rest. */
  responses(threadId: string, wait: Wait, by: Caller): Promise<CriticalAnswer>;
  join(threadId: string, participantId: string, by: Caller, once?: Once): Promise<ApiThread>;
  add(change: ThreadChange, participantId: string, by: Caller): Promise<ApiThread>;
  remove(change: ThreadChange, participantId: string, by: Caller): Promise<ApiThread>;
  archive(change: ThreadChange, by: Caller): Promise<ApiThread>;
  get(threadId: string, by: Caller): Promise<ApiThread>;
  list(query: ThreadsQuery, by: Caller): Promise<ThreadPage>;
  /** Without any effect. */
  messages(
    threadId: string,
    query: Pick<ThreadMessagesQuery, 'order' | 'limit'> & { readonly cursor: number | undefined },
    by: Caller,
  ): Promise<MessagePage>;
}

export function createThreads(engine: Engine, mail: Mail): Threads {
  const { makeId, clock } = engine;
  const { database, office, threadNews } = mail;
  const { requireOwn, isOwn } = createActing(engine);

  async function show(row: ThreadRow): Promise<ApiThread> {
    const participants = await readThreadParticipants(database, [row.id]);
    return threadView(row, participants.get(row.id) ?? []);
  }

  async function find(threadId: string): Promise<ThreadRow> {
    const row = await readThread(database.read, threadId);
    if (row === undefined) throw unknownThread(threadId);
    return row;
  }

  /** For its participants, and administrators. Others don't learn that there is one. */
  async function findOwn(threadId: string, by: Caller): Promise<ApiThread> {
    const thread = await show(await find(threadId));
    if (by.isAdmin || thread.participants.some((id) => isOwn(id, by))) return thread;
    throw unknownThread(threadId);
  }

  async function requireActor({ by: actor }: ThreadChange, by: Caller): Promise<void> {
    if (actor !== undefined) return await requireOwn(actor, by);
    if (!by.isAdmin)
      throw new AppError('invalid_params', 'Say who does it: the participant that you act for.');
  }

  async function begin(
    thread: ThreadSubmission,
    importance: 'normal' | 'must_read',
    by: Caller,
    once: Once | undefined,
  ): Promise<string> {
    await requireOwn(thread.creator_id, by);
    const { initial_message: content } = thread;
    const urgent = importance === 'must_read';
    const first =
      content === undefined
        ? undefined
        : {
            id: makeId('msg'),
            body: bodyOf({ content, urgent, importance, attachments: [], reply_to: undefined }),
          };
    const { threadId } = await office.submit(creation({ id: makeId('thread'), thread, first, once }));
    if (threadId === undefined) throw new AppError('internal', 'A thread was created without an id.');
    return threadId;
  }

  async function responses(threadId: string, { waitMs, signal }: Wait): Promise<CriticalAnswer> {
    const row = await find(threadId);
    const { data: wanted } = CriticalSchema.safeParse(metadataOf(row)[CRITICAL]);
    if (wanted === undefined)
      throw new AppError(
        'invalid_params',
        `The thread ${threadId} does not wait for answers; read it with get_messages.`,
        { details: { kind: 'not_critical' } },
      );
    const leftMs = row.created_ms + wanted.timeout_ms - clock.nowMs();
    let found: readonly ApiMessage[] = [];
    const look = async (): Promise<true | undefined> => {
      found = await answersIn(row);
      const answered = new Set(found.map(({ sender_id: id }) => id));
      return answered.size >= wanted.wait_for_responses ? true : undefined;
    };
    const complete =
      (await threadNews.until(threadId, look, {
        waitMs: Math.max(0, Math.min(waitMs, leftMs)),
        signal,
      })) === true;
    const isOver = row.created_ms + wanted.timeout_ms <= clock.nowMs();
    return {
      thread: await show(await find(threadId)),
      responses: [...found],
      wait_for_responses: wanted.wait_for_responses,
      complete,
      timed_out: !complete && isOver,
      ...(!complete && !isOver && { handle: threadId }),
    };
  }

  /** What others wrote since, the oldest first. */
  async function answersIn({ id, creator_id: creatorId }: ThreadRow): Promise<readonly ApiMessage[]> {
    const rows = await readThreadMessages(database.read, {
      threadId: id,
      order: 'oldest',
      from: undefined,
      limit: MAX_RECIPIENTS,
    });
    return rows.filter(({ sender_id: sender }) => sender !== creatorId).map(messageView);
  }

  return {
    create: async (thread, by, once) => await show(await find(await begin(thread, 'normal', by, once))),
    async createCritical(critical, wait, by, once) {
      const { wait_for_responses: wanted, timeout_ms: timeoutMs, ...thread } = critical;
      const others = new Set(thread.participants.filter((id) => id !== thread.creator_id));
      if (wanted > others.size)
        throw new AppError(
          'invalid_params',
          `${wanted} answers can't come from ${others.size} participants; wait for fewer.`,
          { details: { kind: 'too_few_participants' } },
        );
      const metadata = {
        ...thread.metadata,
        [CRITICAL]: { wait_for_responses: wanted, timeout_ms: timeoutMs },
      };
      return await responses(await begin({ ...thread, metadata }, 'must_read', by, once), wait);
    },
    async responses(threadId, wait, by) {
      await findOwn(threadId, by);
      return await responses(threadId, wait);
    },
    async join(threadId, participantId, by, once) {
      await requireOwn(participantId, by);
      await office.submit(joining({ threadId, participantId, once }));
      return await show(await find(threadId));
    },
    async add(change, participantId, by) {
      await requireActor(change, by);
      await office.submit(adding({ ...change, participantId }));
      return await show(await find(change.threadId));
    },
    async remove(change, participantId, by) {
      await requireActor(change, by);
      await office.submit(removing({ ...change, participantId }));
      return await show(await find(change.threadId));
    },
    async archive(change, by) {
      await requireActor(change, by);
      await office.submit(archiving(change));
      return await show(await find(change.threadId));
    },
    get: findOwn,
    async list({ participantId, ...query }, by) {
      if (participantId !== undefined) await requireOwn(participantId, by);
      else if (!by.isAdmin)
        throw new AppError(
          'invalid_params',
          'Say whose threads: the participant, which is an agent of yours or "person:NAME".',
        );
      const rows = await readThreadPage(database.read, { participantId, ...query });
      const ids = rows.map(({ id }) => id);
      const participants = await readThreadParticipants(database, ids);
      const last = rows.at(-1);
      return {
        items: rows.map((row) => threadView(row, participants.get(row.id) ?? [])),
        ...(rows.length === query.limit && last !== undefined && { nextCursor: last.id }),
      };
    },
    async messages(threadId, { order, cursor, limit }, by) {
      await findOwn(threadId, by);
      const asked = Math.min(limit, MAX_PAGE_MESSAGES);
      const rows = await readThreadMessages(database.read, { threadId, order, from: cursor, limit: asked });
      const last = rows.at(-1);
      return {
        items: rows.map(messageView),
        ...(rows.length === asked && last?.thread_seq != null && { nextCursor: String(last.thread_seq) }),
      };
    },
  };
}
