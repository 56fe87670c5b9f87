// Threads over HTTP: begun, joined, left, archived, read, and waited in for answers.

import {
  ApiThreadSchema,
  CriticalAnswerSchema,
  CriticalThreadSchema,
  MessagePageSchema,
  ResponsesRequestSchema,
  ThreadArchivalSchema,
  ThreadMemberSchema,
  ThreadPageSchema,
  ThreadSubmissionSchema,
} from '@tutti/schemas';
import { MAX_WAIT_MS } from '../../coordination/dispatch/handouts.ts';
import { get, post, type RouteGroup } from '../route.ts';
import { MAX_AGENT_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';
import {
  threadMessagesQuery,
  ThreadMessagesQuerySchema,
  threadQuery,
  ThreadQuerySchema,
} from './mail-query.ts';
import { MAX_MESSAGE_BODY_BYTES } from './messages.ts';
import { untilClosing } from './until-closing.ts';

const CHANGES = {
  add: 'A participant takes another one in.',
  remove: 'A participant goes, or is taken out by the one that began the thread.',
} as const;

export const THREAD_ROUTES: RouteGroup = {
  tag: 'Threads',
  about: 'Conversations of several participants.',
  routes: [
    get('/api/v1/threads', 'Threads, page by page.')
      .query(ThreadQuerySchema)
      .answers(ThreadPageSchema, ({ c, query }, { coordination: { threads } }) =>
        threads.list(threadQuery(query), callerOf(c)),
      ),
    post('/api/v1/threads', 'Begins a thread.')
      .body(ThreadSubmissionSchema, MAX_MESSAGE_BODY_BYTES)
      .repeatable()
      .fails('not_found', 'conflict', 'overloaded')
      .answers(ApiThreadSchema, ({ c, body, once }, { coordination: { threads } }) =>
        threads.create(body, callerOf(c), once),
      ),
    post('/api/v1/threads/critical', 'Begins a thread that needs answers, and waits for them.')
      .body(CriticalThreadSchema, MAX_MESSAGE_BODY_BYTES)
      .repeatable()
      .fails('not_found', 'conflict', 'overloaded', 'unavailable')
      .answers(CriticalAnswerSchema, async ({ c, body, once }, { coordination: { threads }, closing }) =>
        untilClosing(c.req.raw.signal, closing, (signal) =>
          threads.createCritical(
            body,
            { waitMs: Math.min(body.timeout_ms, MAX_WAIT_MS), signal },
            callerOf(c),
            once,
          ),
        ),
      ),
    get('/api/v1/threads/:id', 'One thread.').answers(
      ApiThreadSchema,
      ({ c, param }, { coordination: { threads } }) => threads.get(param('id'), callerOf(c)),
    ),
    get('/api/v1/threads/:id/messages', 'What was written to a thread, page by page; nothing is read by it.')
      .query(ThreadMessagesQuerySchema)
      .answers(MessagePageSchema, ({ c, param, query }, { coordination: { threads } }) =>
        threads.messages(param('id'), threadMessagesQuery(query), callerOf(c)),
      ),
    post('/api/v1/threads/:id/responses', 'What came to a thread that needs answers; waits for the rest.')
      .body(ResponsesRequestSchema, MAX_AGENT_BODY_BYTES)
      .fails('unavailable')
      .answers(CriticalAnswerSchema, async ({ c, param, body }, { coordination: { threads }, closing }) =>
        untilClosing(c.req.raw.signal, closing, (signal) =>
          threads.responses(param('id'), { waitMs: body.wait_seconds * 1_000, signal }, callerOf(c)),
        ),
      ),
    post('/api/v1/threads/:id/join', 'A participant comes in.')
      .body(ThreadMemberSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('conflict', 'overloaded')
      .answers(ApiThreadSchema, ({ c, param, body, once }, { coordination: { threads } }) =>
        threads.join(param('id'), body.participant_id, callerOf(c), once),
      ),
    ...(['add', 'remove'] as const).map((what) =>
      post(`/api/v1/threads/:id/${what}`, CHANGES[what])
        .body(ThreadMemberSchema, MAX_AGENT_BODY_BYTES)
        .repeatable()
        .fails('conflict', 'overloaded')
        .answers(ApiThreadSchema, ({ c, param, body, once }, { coordination: { threads } }) =>
          threads[what]({ threadId: param('id'), by: body.by, once }, body.participant_id, callerOf(c)),
        ),
    ),
    post('/api/v1/threads/:id/archive', 'Nothing more is written to the thread.')
      .body(ThreadArchivalSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('conflict', 'overloaded')
      .answers(ApiThreadSchema, ({ c, param, body, once }, { coordination: { threads } }) =>
        threads.archive({ threadId: param('id'), by: body.by, once }, callerOf(c)),
      ),
  ],
};
