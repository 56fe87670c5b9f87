// The question of a task as a form for the person at the client of the agent that asks, and what that person answered. The
// question stays open for everybody else who may answer; whoever is first counts. Pure.

import type { ApiTask } from '@tutti/schemas';
import { z } from 'zod';
import type { NativeRetry } from '../../../gateway/ports.ts';
import type { Response } from '../../../coordination/tasks/questions.ts';
import { ANSWER, type ClientForm } from '../native-tool.ts';

type Asked = NonNullable<ApiTask['question']>;

/** Undefined: MCP forbids to ask for secrets by a form. */
export function formOf({
  prompt,
  type,
  choices,
  default: fallback,
  required,
}: Asked): ClientForm | undefined {
  if (type === 'secret') return undefined;
  const base = fallback === undefined ? {} : { default: fallback };
  const member =
    type === 'confirmation'
      ? { type: 'boolean', ...base }
      : { type: 'string', ...(type === 'choice' ? { enum: choices ?? [] } : {}), ...base };
  return {
    message: prompt,
    requestedSchema: {
      type: 'object',
      properties: { [ANSWER]: { title: 'Answer', ...member } },
      ...(required && fallback === undefined ? { required: [ANSWER] } : {}),
    },
  };
}

/** Told apart from a later question of the same task. */
export function stateOf({ asked_at: askedAt }: Asked): string {
  return askedAt;
}

const RepliesSchema = z.object({
  [ANSWER]: z.object({
    action: z.enum(['accept', 'decline', 'cancel']),
    content: z.object({ [ANSWER]: z.json().optional() }).optional(),
  }),
});

/** Undefined: the person said nothing, and may do so elsewhere. */
export function replyOf({ responses }: NativeRetry): Response | undefined {
  const read = RepliesSchema.safeParse(JSON.parse(responses));
  const reply = read.success ? read.data[ANSWER] : undefined;
  if (reply === undefined || reply.action === 'cancel') return undefined;
  return { response: reply.content?.[ANSWER], cancelled: reply.action === 'decline' };
}
