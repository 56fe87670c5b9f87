// What is true of the tables of messages at every moment, whatever was interrupted when.

import { BounceSchema } from '@tutti/schemas';
import type { Database } from '../../../src/store/database.ts';
import { NOBODYS } from '../../../src/coordination/messages/load-mail.ts';
import type { MailTables } from '../../../src/coordination/messages/rows.ts';

export type MailFound = Awaited<ReturnType<typeof readMail>>;

/** While nothing is written. */
export async function readMail(database: Database<object>) {
  return await database.over<MailTables>().transaction(async (tx) => ({
    agents: await tx.selectFrom('agents_agents').select(['id', 'registered_ms']).execute(),
    threads: await tx.selectFrom('messages_threads').selectAll().execute(),
    participants: await tx.selectFrom('messages_participants').selectAll().execute(),
    messages: await tx.selectFrom('messages_messages').selectAll().execute(),
    deliveries: await tx
      .selectFrom('messages_deliveries')
      .selectAll()
      .orderBy('recipient_id')
      .orderBy('seq')
      .execute(),
    inboxes: await tx.selectFrom('messages_inboxes').selectAll().execute(),
  }));
}

/** Whose copy of which message came back to the sender, by the messages that say so. */
export function bouncesIn({ messages }: Pick<MailFound, 'messages'>): readonly string[] {
  return messages
    .filter(({ type }) => type === 'bounce')
    .map(({ content }) => BounceSchema.parse(JSON.parse(content)))
    .map(({ message_id: id, recipient_id: who }) => `${id} for ${who}`);
}

/** What is wrong, in words; none: all is as it has to be. */
export function* mailViolations(found: MailFound): Iterable<string> {
  const { agents, threads, participants, messages, deliveries, inboxes } = found;
  for (const inbox of inboxes) {
    const own = deliveries.filter(({ recipient_id: id }) => id === inbox.participant_id);
    const seqs = own.map(({ seq }) => seq);
    if (seqs.some((seq, index) => seq !== index + 1) || seqs.length !== inbox.last_seq)
      yield `${inbox.participant_id} has ${seqs.join()}, and its last one is ${inbox.last_seq}`;
    const open = own.filter(({ ended_ms: endedMs }) => endedMs === null);
    const counts = [
      open.filter(({ read_ms: readMs }) => readMs === null).length,
      open.length,
      open.filter(({ must_read: must }) => must === 1).length,
    ];
    if (counts.join() !== [inbox.unread, inbox.unacked, inbox.must_read].join())
      yield `${inbox.participant_id} counts ${JSON.stringify(inbox)}, and has ${counts.join()}`;
    const threadsOf = participants.filter(({ participant_id: id }) => id === inbox.participant_id).length;
    if (threadsOf !== inbox.threads)
      yield `${inbox.participant_id} counts ${inbox.threads} threads, and is in ${threadsOf}`;
    const agent = agents.find(({ id }) => id === inbox.participant_id);
    const isSettled = inbox.registered_ms === NOBODYS || agent?.registered_ms === inbox.registered_ms;
    if (inbox.registered_ms !== 0 && !isSettled) yield `the inbox of ${inbox.participant_id} is nobody's`;
  }
  for (const { recipient_id: id } of deliveries)
    if (!inboxes.some((inbox) => inbox.participant_id === id)) yield `${id} has messages and no inbox`;
  for (const thread of threads) {
    const seqs = messages
      .filter(({ thread_id: id }) => id === thread.id)
      .map(({ thread_seq: seq }) => seq ?? 0)
      .toSorted((a, b) => a - b);
    if (seqs.some((seq, index) => seq !== index + 1) || seqs.length !== thread.last_seq)
      yield `${thread.id} has ${seqs.join()}, and its last one is ${thread.last_seq}`;
  }
  yield* deliveryViolations(found);
}

/** Each copy is there once; one that came back was not handed out, and was told of once. */
function* deliveryViolations(found: MailFound): Iterable<string> {
  const { messages, deliveries } = found;
  const told = Map.groupBy(bouncesIn(found), (bounce) => bounce);
  for (const [bounce, all] of told) if (all.length > 1) yield `${bounce} came back ${all.length} times`;
  for (const message of messages) {
    const meant: unknown = JSON.parse(message.recipients);
    if (!Array.isArray(meant)) continue;
    for (const id of meant) {
      const copies = deliveries.filter((row) => row.message_id === message.id && row.recipient_id === id);
      const came = told.has(`${message.id} for ${id}`);
      const [copy] = copies;
      if (copies.length > 1) yield `${message.id} is there twice for ${id}`;
      if (copy === undefined && !came) yield `${message.id} for ${id} is lost`;
      if (copy?.bounced_ms === null && came) yield `${message.id} for ${id} came back, and is there`;
      if (copy?.bounced_ms != null && copy.delivered_ms !== null)
        yield `${message.id} for ${id} was handed out and came back`;
    }
  }
}
