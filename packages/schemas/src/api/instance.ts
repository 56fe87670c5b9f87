// The running instance: what it is and where it can be reached.

import { z } from 'zod';
import { ApiTimeSchema } from './server.ts';

export const ApiInstanceSchema = z.object({
  version: z.string(),
  pid: z.int().positive(),
  url: z.string(),
  mcpUrl: z.string(),
  configPath: z.string(),
  statePath: z.string(),
  startedAt: ApiTimeSchema,
  uptimeSeconds: z.number().nonnegative(),
});

/** The answer of /healthz. */
export const ApiHealthSchema = z.object({ status: z.literal('ok') });

/** The answer of /readyz: when not ready, each reason in one line. */
export const ApiReadinessSchema = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()),
});

export type ApiInstance = z.infer<typeof ApiInstanceSchema>;
export type ApiReadiness = z.infer<typeof ApiReadinessSchema>;
