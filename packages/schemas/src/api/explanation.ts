// Why a tool can be called, or can't be seen or called: what decides, and what to do next. No secret is ever part of it.

import { z } from 'zod';
import { API_SERVER_STATES, ApiTimeSchema } from './server.ts';

/** What may decide. */
export const API_EXPLANATION_CAUSES = [
  /** The server's own `toolFilter`. */
  'filter',
  /** The toolset that is asked about. */
  'toolset',
  /** A policy of the Gateway, or a rule of Tutti itself. */
  'policy',
  /** What the tool says of itself is not what was approved. */
  'pin',
  /** The server was taken out of service. */
  'suspended',
  /** The server is not meant to run now. */
  'stopped',
  /** The server should run and does not serve. */
  'server',
  /** Calls are refused for a while because earlier ones were not answered. */
  'circuit',
  /** The server has not shown its tools yet. */
  'discovery',
  /** The server does not list the tool. */
  'absent',
  /** What the server says of the tool can't be used. */
  'declaration',
  /** The tool is shown under another name. */
  'name',
  'family',
  'isolation',
  'search',
] as const;

export const ApiReasonSchema = z.object({
  cause: z.enum(API_EXPLANATION_CAUSES),
  message: z.string(),
  /** What to do about it. */
  next: z.string().optional(),
});

export const ApiExplainedToolSchema = z.object({
  server: z.string(),
  /** The name that the server knows. */
  tool: z.string(),
  /** The name at the view; absent where it is not shown. */
  name: z.string().optional(),
  verdict: z.enum(['callable', 'hidden', 'failing']),
  /** What keeps it from being seen or called; empty for one that can be called. */
  reasons: z.array(ApiReasonSchema),
  /** What else is to be known. */
  notes: z.array(ApiReasonSchema),
  /** The rule that allows it to whoever is asked about; absent where none is about it. */
  rule: z.string().optional(),
  state: z.enum(API_SERVER_STATES),
  lastError: z.string().optional(),
  nextRetryAfter: ApiTimeSchema.optional(),
  /** What Tutti shows to the server to be let in: which kind, and under which names. */
  credential: z.object({
    kind: z.enum(['none', 'headers', 'environment', 'url', 'arguments']),
    names: z.array(z.string()),
  }),
  /** Since Tutti started; absent when it was never called. */
  calls: z
    .object({
      count: z.int().positive(),
      failed: z.int().nonnegative(),
      p50Ms: z.number().nonnegative(),
      p95Ms: z.number().nonnegative(),
    })
    .optional(),
});

export const ApiExplanationSchema = z.object({
  asked: z.string(),
  /** Who it is explained for. */
  as: z.string(),
  /** `/mcp`, `/mcp/sets/dev` */
  view: z.string(),
  /** The tools that may be meant: those that the view shows first. */
  items: z.array(ApiExplainedToolSchema),
  /** Names at the view that are close to what was asked for; only where nothing has that name. */
  nearest: z.array(z.string()),
});

export type ApiReason = z.infer<typeof ApiReasonSchema>;
export type ApiExplainedTool = z.infer<typeof ApiExplainedToolSchema>;
export type ApiExplanation = z.infer<typeof ApiExplanationSchema>;
