// Leases of files over HTTP. Whose an agent is, and so its leases, is decided behind it.

import {
  ApiLeaseDetailSchema,
  ApiLeaseListSchema,
  LeaseAnswerSchema,
  LeaseCheckedSchema,
  LeaseCheckSchema,
  LeaseReleasedSchema,
  LeaseReleaseSchema,
  LeaseRequestSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import { textValue } from '../query-values.ts';
import { get, post, type RouteGroup } from '../route.ts';
import { MAX_AGENT_BODY_BYTES, MAX_TASK_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';
import { page } from './query.ts';
import { untilClosing } from './until-closing.ts';

const LeaseQuerySchema = z.strictObject({
  space: textValue('Only of this space.').optional(),
  agent: textValue('Only those that this agent has.').optional(),
  ...page,
});

export const LEASE_ROUTES: RouteGroup = {
  tag: 'Leases',
  about: 'Files that agents have to themselves for a while, or share.',
  routes: [
    get('/api/v1/leases', 'Leases in force, the oldest first, page by page.')
      .query(LeaseQuerySchema)
      .answers(
        ApiLeaseListSchema,
        ({ query: { agent: agentId, cursor: after, ...rest } }, { coordination: { leases } }) =>
          leases.list({ ...rest, agentId, after }),
      ),
    post('/api/v1/leases', 'Leases files, all of them or none; waits in line where it is told to.')
      .body(LeaseRequestSchema, MAX_AGENT_BODY_BYTES)
      .fails('not_found', 'overloaded', 'unavailable')
      .answers(LeaseAnswerSchema, ({ c, body }, { coordination: { leases }, closing }) =>
        untilClosing(c.req.raw.signal, closing, (signal) => leases.acquire(body, callerOf(c), signal)),
      ),
    post('/api/v1/leases/release', 'Gives files back; an administrator may take a lease away.')
      .body(LeaseReleaseSchema, MAX_AGENT_BODY_BYTES)
      .fails('not_found', 'overloaded', 'unavailable')
      .answers(LeaseReleasedSchema, ({ c, body }, { coordination: { leases } }) =>
        leases.release(body, callerOf(c)),
      ),
    post('/api/v1/leases/check', 'Who has some files, and who may write them. Changes nothing.')
      .body(LeaseCheckSchema, MAX_TASK_BODY_BYTES)
      .answers(LeaseCheckedSchema, ({ body }, { coordination: { leases } }) => leases.check(body)),
    get('/api/v1/leases/:id', 'One lease, with those who wait for it.').answers(
      ApiLeaseDetailSchema,
      ({ param }, { coordination: { leases } }) => leases.get(param('id')),
    ),
  ],
};
