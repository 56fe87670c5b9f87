// Messages over HTTP: sent, taken, acknowledged, looked at. In whose name is decided behind it.

import {
  AckAnswerSchema,
  AckRequestSchema,
  InboxSchema,
  MAX_MESSAGE_BYTES,
  MessageDetailsSchema,
  MessageSubmissionSchema,
  ReceivedPageSchema,
  SentMessageSchema,
  TakenSchema,
  TakeRequestSchema,
  UnackedListSchema,
  UnackedRequestSchema,
} from '@tutti/schemas';
import { get, post, type RouteGroup } from '../route.ts';
import { MAX_AGENT_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';
import { inboxQuery, InboxQuerySchema } from './mail-query.ts';
import { untilClosing } from './until-closing.ts';

/** A content may take more as JSON than it has characters. */
export const MAX_MESSAGE_BODY_BYTES = 4 * MAX_MESSAGE_BYTES;

export const MESSAGE_ROUTES: RouteGroup = {
  tag: 'Messages',
  about: 'What agents and people write to each other.',
  routes: [
    post('/api/v1/messages', 'Sends a message to one, to several, or to all others of a thread.')
      .body(MessageSubmissionSchema, MAX_MESSAGE_BODY_BYTES)
      .repeatable()
      .fails('not_found', 'conflict', 'overloaded')
      .answers(SentMessageSchema, ({ c, body, once }, { coordination: { messages } }) =>
        messages.send(body, callerOf(c), once),
      ),
    get('/api/v1/messages/:id', 'One message, with what became of it at its recipients.').answers(
      MessageDetailsSchema,
      ({ c, param }, { coordination: { messages } }) => messages.get(param('id'), callerOf(c)),
    ),
  ],
};

export const INBOX_ROUTES: RouteGroup = {
  tag: 'Inboxes',
  about: 'What a participant was sent. A participant is an agent by its id, or a person: `person:NAME`.',
  routes: [
    post(
      '/api/v1/inboxes/unacked',
      'Threads in which participants have messages that they did not acknowledge.',
    )
      .body(UnackedRequestSchema, MAX_AGENT_BODY_BYTES)
      .answers(UnackedListSchema, async ({ c, body }, { coordination: { messages } }) => ({
        items: await messages.unacked(body.participant_ids, callerOf(c)),
      })),
    get('/api/v1/inboxes/:id', 'How many messages a participant has, and how they stand.').answers(
      InboxSchema,
      ({ c, param }, { coordination: { messages } }) => messages.inbox(param('id'), callerOf(c)),
    ),
    get('/api/v1/inboxes/:id/messages', 'What a participant was sent, page by page; nothing is read by it.')
      .query(InboxQuerySchema)
      .answers(ReceivedPageSchema, ({ c, param, query }, { coordination: { messages } }) =>
        messages.list(param('id'), inboxQuery(query), callerOf(c)),
      ),
    post(
      '/api/v1/inboxes/:id/take',
      'Hands out what was not read, which is read then; waits for something where it is told to.',
    )
      .body(TakeRequestSchema, MAX_AGENT_BODY_BYTES)
      .fails('overloaded', 'unavailable')
      .answers(TakenSchema, async ({ c, param, body }, { coordination: { messages }, closing }) =>
        untilClosing(c.req.raw.signal, closing, (signal) =>
          messages.take(
            param('id'),
            {
              threadId: body.thread_id,
              sinceMs: body.since === undefined ? undefined : Date.parse(body.since),
              limit: body.limit,
              wait: { waitMs: body.wait_seconds * 1_000, signal },
            },
            callerOf(c),
          ),
        ),
      ),
    post('/api/v1/inboxes/:id/ack', 'Acknowledges messages.')
      .body(AckRequestSchema, MAX_AGENT_BODY_BYTES)
      .fails('overloaded')
      .answers(AckAnswerSchema, async ({ c, param, body }, { coordination: { messages } }) => ({
        acked_count: await messages.ack(param('id'), body.message_ids, callerOf(c)),
      })),
  ],
};
