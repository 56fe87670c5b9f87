// An agent: a participant that can do work. Field names are those of the systems whose clients keep working here.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { durationMs } from '../resources/duration.ts';
import { ApiFiguresSchema } from './figures.ts';
import { AgentIdSchema, DEFAULT_DOMAIN, WordSchema, WordsSchema } from './names.ts';

/** What an agent says of itself. */
export const AGENT_STATUSES = ['available', 'working', 'idle', 'offline', 'error'] as const;
/** What Tutti knows of it. `Ready`: it can be given work. `NotReady`: it is held back. `Unknown`: nothing was heard of it
 *  for too long. `Terminating`: it is going, and gets nothing new. */
export const AGENT_PHASES = ['Ready', 'NotReady', 'Unknown', 'Terminating'] as const;

export const MAX_CONCURRENT_TASKS = 100;
const MAX_TEXT_CHARS = 4_000;

export const AgentResourcesSchema = z.strictObject({
  cpu: z.string().max(32).optional(),
  memory: z.string().max(32).optional(),
  gpu: z.boolean().optional(),
  storage: z.string().max(32).optional(),
});

/** What an agent is registered with. */
export const AgentRegistrationSchema = z.strictObject({
  id: AgentIdSchema,
  /** Default: the id. */
  name: WordSchema.optional(),
  role: WordSchema.default('Worker'),
  model_type: z.string().max(128).default(''),
  model_version: z.string().max(128).default(''),
  capabilities: WordsSchema.default([]),
  tags: WordsSchema.default([]),
  domain: WordSchema.default(DEFAULT_DOMAIN),
  group: WordSchema.optional(),
  /** Tasks that it does at once. */
  maxConcurrentTasks: z.int().min(1).max(MAX_CONCURRENT_TASKS).default(5),
  /** It is taken for dead when nothing was heard of it for twice as long. */
  heartbeatInterval: durationMs({ minMs: 1_000, maxMs: 3_600_000 }).default(30_000),
  resources: AgentResourcesSchema.default({}),
});

/** What an agent may say of itself at any time. What is left out stays as it is. */
export const AgentReportSchema = z.strictObject({
  status: z.enum(AGENT_STATUSES).optional(),
  current_task: z.string().max(MAX_TEXT_CHARS).optional(),
  progress_metric: z.number().min(0).max(1).optional(),
  error_info: z.string().max(MAX_TEXT_CHARS).optional(),
  current_plan_summary: z.string().max(MAX_TEXT_CHARS).optional(),
});

export const ApiAgentSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  model_type: z.string(),
  model_version: z.string(),
  capabilities: z.array(z.string()),
  tags: z.array(z.string()),
  domain: z.string(),
  group: z.string().optional(),
  /** The id of the principal that it belongs to. */
  owner: z.string(),
  status: z.enum(AGENT_STATUSES),
  phase: z.enum(AGENT_PHASES),
  /** Why the phase is what it is, and what happens next. */
  phase_reason: z.string().optional(),
  current_task: z.string().optional(),
  progress_metric: z.number().optional(),
  error_info: z.string().optional(),
  current_plan_summary: z.string().optional(),
  maxConcurrentTasks: z.int(),
  /** Seconds. */
  heartbeatInterval: z.number(),
  resources: AgentResourcesSchema,
  /** Tasks that it has now. */
  current_tasks: z.int(),
  registered_at: ApiTimeSchema,
  last_heartbeat: ApiTimeSchema,
  completed: z.int(),
  failed: z.int(),
  /** By class of tasks, the one that ended last first; only where one agent is asked for. */
  measured: z.array(ApiFiguresSchema).optional(),
});

export type AgentRegistration = z.infer<typeof AgentRegistrationSchema>;
/** As it is written: what has a default may be left out. */
export type AgentRegistrationInput = z.input<typeof AgentRegistrationSchema>;
export type AgentReport = z.infer<typeof AgentReportSchema>;
export type ApiAgent = z.infer<typeof ApiAgentSchema>;
export type AgentStatus = (typeof AGENT_STATUSES)[number];
export type AgentPhase = (typeof AGENT_PHASES)[number];
