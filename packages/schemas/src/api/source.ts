// A source of declarations as the API shows it. No secret is ever part of it.

import { z } from 'zod';
import { ApiConditionSchema, ApiOriginSchema, ApiTimeSchema } from './server.ts';

export const ApiCommitSchema = z.object({
  /** The whole hash. */
  id: z.string(),
  /** Its first line. */
  subject: z.string(),
  time: ApiTimeSchema,
});

export const ApiSourceSchema = z.object({
  name: z.string(),
  type: z.enum(['git']),
  /** For display: no credentials, no query. */
  url: z.string(),
  branch: z.string().optional(),
  path: z.string().optional(),
  intervalSeconds: z.number().positive(),
  /** Where the source itself is declared. */
  origin: ApiOriginSchema.optional(),
  /** The commit in force; absent before the first one was read. */
  commit: ApiCommitSchema.optional(),
  /** How many servers of it are in force. */
  serverCount: z.int().nonnegative(),
  /** `Failed`: the last attempt failed, and what was read before stays in force. */
  state: z.enum(['Syncing', 'Synced', 'Failed']),
  lastError: z.string().optional(),
  lastSync: ApiTimeSchema.optional(),
  lastAttempt: ApiTimeSchema.optional(),
  nextAttempt: ApiTimeSchema.optional(),
  conditions: z.array(ApiConditionSchema),
});

/** The answer to a webhook. */
export const ApiSyncRequestedSchema = z.object({ source: z.string(), sync: z.literal('requested') });

export type ApiCommit = z.infer<typeof ApiCommitSchema>;
export type ApiSource = z.infer<typeof ApiSourceSchema>;
