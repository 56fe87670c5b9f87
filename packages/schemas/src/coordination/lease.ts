// Leases of files: who may write which, for how long. Paths are relative to a space, which is a root of files.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { AgentIdSchema, TaskIdSchema, WordSchema } from './names.ts';
import { MAX_WAIT_SECONDS } from './requests.ts';

/** `exclusive`: nobody else has any of the files. `shared`: others may have them shared, too. */
export const LEASE_MODES = ['exclusive', 'shared'] as const;
export const LEASE_ENDS = [
  'released',
  'forced',
  'expired',
  'agent_silent',
  'agent_gone',
  'task_ended',
] as const;

/** Paths and globs of one lease. */
export const MAX_LEASE_PATHS = 64;
export const MAX_PATH_CHARS = 1_024;
/** Of all paths of one lease together. */
const MAX_PATHS_CHARS = 16_384;
/** Paths that one check asks about. */
export const MAX_CHECKED_PATHS = 500;
export const DEFAULT_LEASE_SECONDS = 30 * 60;
const MIN_LEASE_SECONDS = 10;
const MAX_LEASE_SECONDS = 24 * 60 * 60;
const MAX_REASON_CHARS = 1_000;
const MAX_ID_CHARS = 128;

export const LeasePathSchema = z.string().min(1).max(MAX_PATH_CHARS);
export const LeaseIdSchema = z.string().min(1).max(MAX_ID_CHARS);

const space = WordSchema.optional();

export const LeaseRequestSchema = z.strictObject({
  agent_id: AgentIdSchema,
  /** Files, folders with all that is in them, and globs: all of them or none. */
  paths: z
    .array(LeasePathSchema)
    .min(1)
    .max(MAX_LEASE_PATHS)
    .refine(
      (paths) => paths.reduce((sum, path) => sum + path.length, 0) <= MAX_PATHS_CHARS,
      `all paths together have more than ${MAX_PATHS_CHARS} characters; lease a folder instead of its files`,
    ),
  mode: z.enum(LEASE_MODES).default('exclusive'),
  /** Default: the first one that is declared. */
  space,
  /** It ends so long after the last call of the agent. */
  ttl_seconds: z.int().min(MIN_LEASE_SECONDS).max(MAX_LEASE_SECONDS).default(DEFAULT_LEASE_SECONDS),
  /** For whoever is refused. */
  reason: z.string().max(MAX_REASON_CHARS).default(''),
  /** A task that the agent has: the lease ends with it. */
  task_id: TaskIdSchema.optional(),
  /** How long to wait in line when others have them. */
  wait_seconds: z.number().min(0).max(MAX_WAIT_SECONDS).default(0),
});

/** One lease by its id, or the paths of any. */
export const LeaseReleaseSchema = z.strictObject({
  agent_id: AgentIdSchema.optional(),
  lease_id: LeaseIdSchema.optional(),
  paths: z.array(LeasePathSchema).max(MAX_LEASE_PATHS).default([]),
  space,
});

export const LeaseCheckSchema = z.strictObject({
  paths: z.array(LeasePathSchema).min(1).max(MAX_CHECKED_PATHS),
  space,
  /** Who asks: what it has itself is told apart. */
  agent_id: AgentIdSchema.optional(),
});

export const ApiLeaseSchema = z.object({
  id: z.string(),
  space: z.string(),
  agent_id: z.string(),
  task_id: z.string().optional(),
  mode: z.enum(LEASE_MODES),
  paths: z.array(z.string()),
  /** Grows with each lease of the space: the lease with the higher number is the later one. */
  fence: z.int(),
  reason: z.string().optional(),
  since: ApiTimeSchema,
  /** Unless its agent calls before. */
  expires_at: ApiTimeSchema,
});

/** Somebody who waits for files, in the order of their turn. */
export const ApiLeaseWaitSchema = z.object({
  agent_id: z.string(),
  mode: z.enum(LEASE_MODES),
  paths: z.array(z.string()),
  reason: z.string().optional(),
  since: ApiTimeSchema,
});

export const ApiLeaseDetailSchema = ApiLeaseSchema.extend({
  /** Who waits for something of it, the next one first. */
  waiting: z.array(ApiLeaseWaitSchema),
});

export const ApiLeaseListSchema = z.object({
  items: z.array(ApiLeaseSchema),
  nextCursor: z.string().optional(),
});

/** What a request for files came to. */
export const LeaseAnswerSchema = z.object({
  /** `waiting`: it has its place in line for a little while; ask again with the same paths. */
  status: z.enum(['acquired', 'waiting', 'refused']),
  lease: ApiLeaseSchema.optional(),
  /** Whose leases are in the way. */
  holders: z.array(ApiLeaseSchema),
  /** How many who wait for some of the files come before. */
  queue_length: z.int(),
  /** Why not, and what to do. */
  message: z.string().optional(),
});

export const LeaseReleasedSchema = z.object({
  /** What was given back; empty: the agent had none of it. */
  released: z.array(z.object({ lease_id: z.string(), paths: z.array(z.string()) })),
});

export const CheckedPathSchema = z.object({
  path: z.string(),
  status: z.enum(['free', ...LEASE_MODES]),
  /** Whoever asks may write it. */
  yours: z.boolean(),
  holders: z.array(ApiLeaseSchema),
  queue_length: z.int(),
});

export const LeaseCheckedSchema = z.object({ space: z.string(), items: z.array(CheckedPathSchema) });

export type LeaseMode = (typeof LEASE_MODES)[number];
export type LeaseEnd = (typeof LEASE_ENDS)[number];
export type LeaseRequest = z.infer<typeof LeaseRequestSchema>;
export type LeaseRequestInput = z.input<typeof LeaseRequestSchema>;
export type LeaseRelease = z.infer<typeof LeaseReleaseSchema>;
export type LeaseReleaseInput = z.input<typeof LeaseReleaseSchema>;
export type LeaseCheck = z.infer<typeof LeaseCheckSchema>;
export type ApiLease = z.infer<typeof ApiLeaseSchema>;
export type ApiLeaseWait = z.infer<typeof ApiLeaseWaitSchema>;
export type ApiLeaseDetail = z.infer<typeof ApiLeaseDetailSchema>;
export type LeaseAnswer = z.infer<typeof LeaseAnswerSchema>;
export type LeaseReleased = z.infer<typeof LeaseReleasedSchema>;
export type CheckedPath = z.infer<typeof CheckedPathSchema>;
export type LeaseChecked = z.infer<typeof LeaseCheckedSchema>;
