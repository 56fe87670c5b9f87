// The tools of file leases: before a file is changed it is acquired, and given back after.

import {
  ApiLeaseSchema,
  DEFAULT_LEASE_SECONDS,
  LEASE_MODES,
  LeaseAnswerSchema,
  LeaseIdSchema,
  LeasePathSchema,
  LeaseReleasedSchema,
  LeaseRequestSchema,
  MAX_LEASE_PATHS,
  TaskIdSchema,
  WordSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import { holderText } from '../../../coordination/leases/view.ts';
import { MAX_LEASE_WAIT_MS } from '../../../coordination/leases-face.ts';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { agentId, asAgent } from './arguments.ts';
import { createWaiting } from './waiting.ts';

const MAX_WAIT_SECONDS = MAX_LEASE_WAIT_MS / 1_000;
const MAX_KEY_CHARS = 256;

const filePath = LeasePathSchema.describe(
  'A file, a folder with all in it, or a glob (`*`, `?`, `**`), relative to the root of the files.',
);
const more = {
  paths: z
    .array(LeasePathSchema)
    .max(MAX_LEASE_PATHS - 1)
    .default([])
    .describe('More of them: all together, or none.'),
  space: WordSchema.optional().describe('The root that the paths belong to, where there are several.'),
};
/** Nothing has to be kept for it: the same call again finds what the first one did. */
const key = {
  idempotency_key: z
    .string()
    .min(1)
    .max(MAX_KEY_CHARS)
    .optional()
    .describe('Not needed: the same call again does nothing more.'),
};

const checked = z.object({
  status: z.enum(['free', ...LEASE_MODES]),
  owner: z.string().optional().describe('The agent that has it.'),
  yours: z.boolean().describe('Your agent may write it.'),
  holders: z.array(ApiLeaseSchema),
  queue_length: z.int().describe('How many wait for it.'),
  ...noticed,
});

export function leaseTools(running: Running): readonly NativeTool[] {
  const waiting = createWaiting();

  return [
    agentTool(running, {
      name: 'acquire_file_lock',
      title: 'Lock files',
      description:
        'Locks a file, or several at once, before you change them. When others have them you are told who and why, or wait in line. The lock lasts while your agent calls now and then, and ends with release_file_lock.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        file_path: filePath,
        ...more,
        mode: z
          .enum(LEASE_MODES)
          .default('exclusive')
          .describe('`exclusive` to change files, `shared` to keep others from changing them.'),
        reason: z.string().max(1_000).default('').describe('What for; whoever is refused is told.'),
        task_id: TaskIdSchema.optional().describe('A task that you have: the lock ends with it.'),
        ttl_seconds: z
          .int()
          .min(10)
          .max(86_400)
          .default(DEFAULT_LEASE_SECONDS)
          .describe('It ends so long after your last call.'),
        wait_seconds: z
          .number()
          .min(0)
          .max(MAX_WAIT_SECONDS)
          .default(0)
          .describe(`How long to wait in line when others have it; at most ${MAX_WAIT_SECONDS}.`),
        ...key,
      }),
      output: LeaseAnswerSchema.extend(noticed),
      async call({ file_path: path, paths, idempotency_key: _key, ...rest }, { caller, context, deps }) {
        const { wait_seconds: seconds, agent_id: id } = rest;
        const request = LeaseRequestSchema.parse({ ...rest, paths: [path, ...paths] });
        const acquire = () => deps.coordination.leases.acquire(request, caller, context.signal);
        if (seconds === 0) return await acquire();
        const what = `${id} waits for ${path}`;
        return await waiting.during({ seconds, what, context, clock: deps.clock }, acquire);
      },
      text: ({ status, lease, message }) =>
        lease === undefined
          ? `Not locked (${status}). ${message ?? ''}`
          : `Locked: ${lease.paths.join(', ')} (${lease.mode}), lease ${lease.id}, fence ${lease.fence}, until ${lease.expires_at} unless you call before.`,
    }),
    agentTool(running, {
      name: 'release_file_lock',
      title: 'Release files',
      description: 'Gives locked files back, or your place in line for them.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        file_path: filePath.optional(),
        ...more,
        lease_id: LeaseIdSchema.optional().describe('In the place of paths: all of one lease.'),
        ...key,
      }),
      output: LeaseReleasedSchema.extend(noticed),
      call: ({ file_path: path, paths, agent_id: id, lease_id: lease, space }, { caller, deps }) =>
        deps.coordination.leases.release(
          { agent_id: id, lease_id: lease, space, paths: path === undefined ? paths : [path, ...paths] },
          caller,
        ),
      text: ({ released }) =>
        released.length === 0
          ? 'Nobody had it; nothing to release.'
          : `Released: ${released.flatMap(({ paths }) => paths).join(', ')}.`,
    }),
    agentTool(running, {
      name: 'check_file_lock',
      title: 'Look at a lock',
      description: 'Tells whether a file is locked, by whom, until when, and how many wait for it.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        file_path: filePath,
        space: more.space,
        ...asAgent,
      }),
      output: checked,
      async call({ file_path: path, space, agent_id: id }, { deps }) {
        const { items } = await deps.coordination.leases.check({ paths: [path], space, agent_id: id });
        const [found] = items;
        if (found === undefined) throw new Error('a check of one path has one answer');
        const { status, yours, holders, queue_length } = found;
        return { status, yours, holders, queue_length, owner: holders[0]?.agent_id };
      },
      text: ({ status, holders, yours, queue_length: queue }) =>
        status === 'free'
          ? `It is free.${queueText(queue)}`
          : `${holders.map(holderText).join('; ')}.${yours ? ' You may write it.' : ''}${queueText(queue)}`,
    }),
  ];
}

function queueText(queue: number): string {
  return queue === 0 ? '' : ` ${queue} wait for it.`;
}
