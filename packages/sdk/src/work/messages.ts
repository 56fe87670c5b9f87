// Messages over the API. Whoever writes and reads is an agent of one's own, or oneself as `person:NAME`.

import {
  AckAnswerSchema,
  InboxSchema,
  MessageDetailsSchema,
  ReceivedPageSchema,
  SentMessageSchema,
  TakenSchema,
  UnackedListSchema,
  type ApiInbox,
  type MessageDetails,
  type MessageSubmissionInput,
  type ReceivedMessage,
  type ReceivedPage,
  type SentMessage,
  type Taken,
  type TakeRequest,
  type Unacked,
} from '@tutti/schemas';
import type { Http, RequestOptions } from '../http.ts';
import { search } from '../search.ts';
import { followInbox } from './follow-inbox.ts';
import { listenInRoom } from './listen-in-room.ts';
import type { OnceOptions } from './tasks.ts';

export interface InboxQuery extends RequestOptions {
  /** `oldest`: those behind the cursor, which is the seq of the last one that is known (`newest`). */
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly cursor?: string | undefined;
  readonly state?: 'unread' | 'unacked' | 'all' | undefined;
  readonly thread?: string | undefined;
  readonly since?: string | undefined;
  readonly limit?: number | undefined;
}

export interface InboxFollowOptions extends RequestOptions {
  /** The seq of the last message that is known already (0: none). */
  readonly after?: number | undefined;
}

export interface MessagesClient {
  send(message: MessageSubmissionInput, options?: OnceOptions): Promise<SentMessage>;
  /** With what became of it at each recipient. */
  get(id: string, options?: RequestOptions): Promise<MessageDetails>;
  /** How many there are for a participant. */
  inbox(participantId: string, options?: RequestOptions): Promise<ApiInbox>;
  /** A page, without any effect. */
  list(participantId: string, query?: InboxQuery): Promise<ReceivedPage>;
  /** Unread ones, the newest first; they are read then. */
  take(participantId: string, request?: TakeRequest, options?: RequestOptions): Promise<Taken>;
  /** How many were not acknowledged before. */
  ack(participantId: string, messageIds: readonly string[], options?: RequestOptions): Promise<number>;
  /** Where these participants have messages that they did not acknowledge. */
  unacked(participantIds: readonly string[], options?: RequestOptions): Promise<Unacked[]>;
  /** Every message of a participant once, in order, as it comes; goes on by itself after connections broke. Nothing is
   *  read or acknowledged by it. Rejects when it may not be had, and with the signal's reason. */
  follow(participantId: string, options?: InboxFollowOptions): AsyncGenerator<ReceivedMessage, void>;
}

export function createMessagesClient(http: Http): MessagesClient {
  const pathOf = (id: string, rest = ''): string => `/api/v1/inboxes/${encodeURIComponent(id)}${rest}`;

  function list(id: string, { signal, ...query }: InboxQuery = {}): Promise<ReceivedPage> {
    return http.request('GET', `${pathOf(id, '/messages')}${search({ ...query })}`, ReceivedPageSchema, {
      signal,
    });
  }

  return {
    send: (message, options) =>
      http.request('POST', '/api/v1/messages', SentMessageSchema, {
        ...options,
        text: JSON.stringify(message),
      }),
    get: (id, options) =>
      http.request('GET', `/api/v1/messages/${encodeURIComponent(id)}`, MessageDetailsSchema, options),
    inbox: (id, options) => http.request('GET', pathOf(id), InboxSchema, options),
    list,
    take: (id, request = {}, options = {}) =>
      http.request('POST', pathOf(id, '/take'), TakenSchema, { ...options, text: JSON.stringify(request) }),
    async ack(id, messageIds, options) {
      const text = JSON.stringify({ message_ids: messageIds });
      return (await http.request('POST', pathOf(id, '/ack'), AckAnswerSchema, { ...options, text }))
        .acked_count;
    },
    async unacked(participantIds, options) {
      const text = JSON.stringify({ participant_ids: participantIds });
      const path = '/api/v1/inboxes/unacked';
      return (await http.request('POST', path, UnackedListSchema, { ...options, text })).items;
    },
    follow: (id, { after, signal } = {}) =>
      followInbox(
        {
          listen: (until) => listenInRoom(http, id, until),
          pull: (from, until) =>
            list(id, { order: 'oldest', cursor: String(from), limit: PAGE, signal: until }),
        },
        { after, signal },
      ),
  };
}

/** Messages that are pulled at once. */
const PAGE = 100;
