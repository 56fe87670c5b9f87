// The moving parts of messages, joined: the office that takes them in, the marks that recipients make, the board that
// knows what waits for whom, and the rooms in which others are told. After each commit, first memory, then whoever waits,
// then others.

import { type MessageCreated, NEW_MESSAGES_ROOM, participantRoom, ROOM_EVENTS } from '@tutti/schemas';
import { createNews, type News } from '../kernel/news.ts';
import type { Database } from '../store/database.ts';
import type { Engine } from './engine.ts';
import { type Board, createBoard, type InboxChange } from './messages/board.ts';
import { createHousekeeping, type Housekeeping } from './messages/housekeeping.ts';
import type { IsPerson } from './messages/load-mail.ts';
import { createOwners, type Owners } from './messages/owners.ts';
import { createMarks, type Marks } from './messages/marks.ts';
import { createPostOffice, type MailCommitted, type PostOffice } from './messages/post-office.ts';
import type { MailTables } from './messages/rows.ts';
import { createSettler } from './messages/settling.ts';
import { createRooms, type Rooms } from './rooms/rooms.ts';

/** Where other hosts tell that messages came or were read. */
const MAIL_TOPIC = 'coordination/messages';
const OTHERS = { othersOnly: true } as const;
const NOBODY: ReadonlySet<string> = new Set();

export interface MailMeter {
  /** A transaction takes so many sends. */
  sendsTaken(sends: number): void;
  messagesSent(messages: number, deliveries: number): void;
  messagesBounced(bounces: number): void;
}

export const NO_MAIL_METER: MailMeter = {
  sendsTaken: () => undefined,
  messagesSent: () => undefined,
  messagesBounced: () => undefined,
};

/** What the faces of messages, threads and agents work with. */
export interface Mail extends AsyncDisposable {
  readonly database: Database<MailTables>;
  readonly office: PostOffice;
  readonly marks: Marks;
  readonly board: Board;
  readonly rooms: Rooms;
  readonly isPerson: IsPerson;
  readonly owners: Pick<Owners, 'onlyAgentOf' | 'isOwner'>;
  readonly housekeeping: Pick<Housekeeping, 'look' | 'clean'>;
  /** By participant. */
  readonly news: News;
  /** By thread. */
  readonly threadNews: News;
  /** An agent is gone: what it was sent and not given goes back. */
  agentGone(agentId: string): Promise<void>;
}

export interface MailDeps {
  readonly engine: Pick<Engine, 'clock' | 'makeId' | 'directory' | 'database'>;
  readonly isPerson: IsPerson;
  readonly meter?: MailMeter | undefined;
  /** What a participant was sent and did not take went back. */
  readonly bounced?: ((participantId: string, messages: number) => void) | undefined;
  readonly warn: (message: string, cause?: unknown) => void;
}

export async function openMail(deps: MailDeps): Promise<Mail> {
  const { engine, isPerson, meter = NO_MAIL_METER, bounced = () => undefined, warn } = deps;
  const { clock, makeId, directory } = engine;
  const database = engine.database.over<MailTables>();
  await using stack = new AsyncDisposableStack();
  const news = createNews();
  const threadNews = createNews();
  const rooms = createRooms({ clock, makeId, source: database.host?.replica ?? 'tutti' });
  const board = createBoard({ database, changed });
  const settler = createSettler({ database, makeId, isPerson, committed, bounced });
  const settle = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) await settler.settle(id);
  };
  const marks = stack.use(createMarks({ database, isPerson, committed, settle }));
  const office = stack.use(
    createPostOffice({
      database,
      makeId,
      isPerson,
      committed,
      settle,
      batchTaken: (sends) => meter.sendsTaken(sends),
    }),
  );
  const housekeeping = stack.use(
    createHousekeeping({
      database,
      clock,
      settler,
      isUsed: () => directory.size > 0 || board.size > 0,
      warn,
    }),
  );
  const owners = stack.use(createOwners(directory));
  /** Whose messages of this commit were told of one by one. */
  let told: ReadonlySet<string> = NOBODY;
  let closed = false;
  stack.defer(() => {
    closed = true;
  });
  stack.use(database.feed.listen(MAIL_TOPIC, () => void refresh(), OTHERS));
  await board.refresh();
  // What a host that crashed did not come to.
  await housekeeping.look();

  function committed(all: MailCommitted): void {
    meter.messagesSent(all.messages.length, all.deliveries.length);
    meter.messagesBounced(all.messages.filter(({ type }) => type === 'bounce').length);
    for (const { recipient_id: id, seq, message_id, thread_id, sender_id } of all.deliveries)
      tell({
        participant_id: id,
        seq,
        message_id,
        ...(thread_id !== null && { thread_id }),
        sender_id,
      });
    told = new Set(all.deliveries.map(({ recipient_id: id }) => id));
    board.put(all.inboxes, all.mustRead);
    told = NOBODY;
    for (const { thread_id: id } of all.messages) if (id !== null) threadNews.tell(id);
    database.feed.notify(MAIL_TOPIC);
  }

  function changed({ inbox, before }: InboxChange): void {
    const { participant_id: id, last_seq: seq } = inbox;
    if (seq <= (before?.last_seq ?? 0)) return;
    news.tell(id);
    // What another host took in may be seen first with what this one writes.
    if (!told.has(id)) tell({ participant_id: id, seq });
  }

  function tell(payload: MessageCreated): void {
    const names = [participantRoom(payload.participant_id), NEW_MESSAGES_ROOM];
    if (!names.some((room) => rooms.isHeard(room))) return;
    rooms.publish({ event: ROOM_EVENTS.messageCreated, rooms: names, payload });
  }

  async function refresh(): Promise<void> {
    try {
      await board.refresh();
      threadNews.tellAll();
    } catch (error) {
      if (!closed) warn('cannot look at the messages of others; it is tried again', error);
    }
  }

  const owned = stack.move();
  return {
    database,
    office,
    marks,
    board,
    rooms,
    isPerson,
    owners,
    housekeeping,
    news,
    threadNews,
    async agentGone(id) {
      try {
        await settler.settle(id);
      } catch (error) {
        warn(`cannot send back what ${id} did not take; it is tried again`, error);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
