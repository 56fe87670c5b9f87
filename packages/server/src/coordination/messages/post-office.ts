// The one door by which messages come to be, and threads change: an intent is decided over rows that are locked, with
// others in one transaction. After the commit, listeners hear of it before whoever asked.

import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { MakeId } from '../../kernel/ids.ts';
import { type Batches, createBatches, type Verdict } from '../../store/batches.ts';
import type { Database } from '../../store/database.ts';
import { requireSame } from '../tasks/once.ts';
import { type AnswerRow, insertAnswers, readAnswers, type TaskTables } from '../tasks/queries.ts';
import { MAX_MAIL_BATCH, MAX_WAITING_MAIL } from './limits.ts';
import { type IsPerson, loadMail, StaleInboxes } from './load-mail.ts';
import type { Bounce, MailAnswer, MailIntent } from './mail-book.ts';
import { createMailDraft, type MailDraft } from './mail-draft.ts';
import {
  deleteParticipants,
  insertDeliveries,
  insertMessages,
  insertParticipants,
  insertThreads,
  type MailTransaction,
  updateInboxes,
  updateThreads,
} from './queries.ts';
import { type MustRead, readMustRead } from './reads.ts';
import type { DeliveryRow, InboxRow, MailTables, MessageRow } from './rows.ts';

export interface Posted extends MailAnswer {
  /** It was asked for before: nothing was done now. */
  readonly isRepeat: boolean;
  /** The message of the answer, where it was written now. */
  readonly message: MessageRow | undefined;
  /** Of that message. */
  readonly bounced: readonly Bounce[];
}

/** What a commit changed. */
export interface MailCommitted {
  readonly messages: readonly MessageRow[];
  readonly deliveries: readonly DeliveryRow[];
  /** As they are now. */
  readonly inboxes: readonly InboxRow[];
  /** Of those inboxes that have any. */
  readonly mustRead: readonly MustRead[];
}

export type PostOffice = Batches<MailIntent, Posted>;

export interface PostOfficeDeps {
  readonly database: Database<MailTables>;
  readonly makeId: MakeId;
  readonly isPerson: IsPerson;
  /** Called after each commit. */
  readonly committed: (committed: MailCommitted) => void;
  /** Bounces what agents that are gone did not get. */
  readonly settle: (ids: readonly string[]) => Promise<void>;
  readonly batchTaken?: ((sends: number) => void) | undefined;
}

/** Settled inboxes may be stale again by then, if agents come and go as fast. */
const MAX_SETTLED = 5;

export function createPostOffice(deps: PostOfficeDeps): PostOffice {
  const { database, makeId, isPerson, committed, settle, batchTaken } = deps;

  async function run(intents: readonly MailIntent[]): Promise<readonly Verdict<Posted>[]> {
    const written = await settling(settle, () =>
      database.transaction((tx) => write(tx, intents, { isPerson, makeId })),
    );
    const { draft, mustRead } = written;
    const inboxes = draft.changedInboxes;
    if (inboxes.length > 0 || draft.messages.length > 0)
      committed({ messages: draft.messages, deliveries: draft.deliveries, inboxes, mustRead });
    return written.verdicts;
  }

  return createBatches({
    maxBatch: MAX_MAIL_BATCH,
    maxWaiting: MAX_WAITING_MAIL,
    what: 'messages',
    run,
    batchTaken,
  });
}

/** Runs it again when what agents left behind is settled. */
export async function settling<T>(
  settle: (ids: readonly string[]) => Promise<void>,
  run: () => Promise<T>,
): Promise<T> {
  for (let round = 1; ; round++)
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof StaleInboxes)) throw error;
      if (round === MAX_SETTLED)
        throw new AppError('overloaded', 'Agents of the same name come and go too fast; try again later.', {
          cause: error,
        });
      await settle(error.ids);
    }
}

interface Written {
  readonly verdicts: readonly Verdict<Posted>[];
  readonly draft: MailDraft;
  readonly mustRead: readonly MustRead[];
}

async function write(
  tx: MailTransaction,
  intents: readonly MailIntent[],
  { isPerson, makeId }: Pick<PostOfficeDeps, 'isPerson' | 'makeId'>,
): Promise<Written> {
  const loaded = await loadMail(
    tx,
    {
      threads: distinct(intents.flatMap(({ threads }) => threads)),
      recipientsOf: distinct(intents.flatMap(({ recipientsOf }) => recipientsOf)),
      inboxes: distinct(intents.flatMap(({ inboxes }) => inboxes)),
    },
    isPerson,
  );
  const draft = createMailDraft(loaded, makeId);
  const keys = intents.flatMap(({ once }) => once ?? []);
  const answers = new Map(
    (keys.length === 0 ? [] : await readAnswers(tx.over<TaskTables>(), keys)).map((row) => [keyOf(row), row]),
  );
  const added: AnswerRow[] = [];
  const verdicts = intents.map((intent): Verdict<Posted> => {
    try {
      return { kind: 'done', answer: decide(intent) };
    } catch (error) {
      return { kind: 'refused', error };
    }
  });

  function decide(intent: MailIntent): Posted {
    const { once } = intent;
    const earlier = once === undefined ? undefined : answers.get(keyOf(once));
    if (once !== undefined && earlier !== undefined) {
      requireSame(earlier, once);
      return { ...readAnswer(earlier.answer), isRepeat: true, message: undefined, bounced: [] };
    }
    const { answer, changes } = intent.decide(draft.book);
    draft.apply(changes);
    if (once !== undefined) {
      const row = { ...once, answer: JSON.stringify(answer), at_ms: draft.book.nowMs };
      answers.set(keyOf(once), row);
      added.push(row);
    }
    const message = draft.messages.find(({ id }) => id === answer.messageId);
    const bounced = changes.flatMap((change) => (change.kind === 'bounce' ? change.bounce : []));
    return { ...answer, isRepeat: false, message, bounced };
  }

  const mustRead = await save(tx, draft, added);
  return { verdicts, draft, mustRead };
}

async function save(
  tx: MailTransaction,
  draft: MailDraft,
  answers: readonly AnswerRow[],
): Promise<readonly MustRead[]> {
  const { addedThreads, changedThreads, joined, left, messages, deliveries, changedInboxes } = draft;
  const statements: readonly (Promise<void> | false)[] = [
    addedThreads.length > 0 && insertThreads(tx, addedThreads),
    changedThreads.length > 0 && updateThreads(tx, changedThreads),
    joined.length > 0 && insertParticipants(tx, joined),
    left.length > 0 && deleteParticipants(tx, left),
    messages.length > 0 && insertMessages(tx, messages),
    deliveries.length > 0 && insertDeliveries(tx, deliveries),
    changedInboxes.length > 0 && updateInboxes(tx, changedInboxes),
    answers.length > 0 && insertAnswers(tx.over<TaskTables>(), answers),
  ];
  // Handed over without waiting for each other's answers.
  const asked = statements.filter((statement) => statement !== false);
  await Promise.allSettled(asked);
  await Promise.all(asked);
  return await mustReadOf(tx, changedInboxes);
}

/** What their notices name. */
export async function mustReadOf(
  tx: MailTransaction,
  inboxes: readonly InboxRow[],
): Promise<readonly MustRead[]> {
  const ids = inboxes.filter(({ must_read: count }) => count > 0).map((row) => row.participant_id);
  return ids.length === 0 ? [] : await readMustRead({ dialect: tx.dialect, read: tx }, ids);
}

const AnswerSchema = z.object({ messageId: z.string().optional(), threadId: z.string().optional() });

function readAnswer(text: string): MailAnswer {
  const read = AnswerSchema.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  throw new AppError('internal', 'The store has an answer in a form that this version does not know.');
}

function keyOf({ principal, key }: Pick<AnswerRow, 'principal' | 'key'>): string {
  return `${principal}\n${key}`;
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].toSorted();
}
