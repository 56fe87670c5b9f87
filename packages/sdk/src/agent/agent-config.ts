// The configuration file of an agent: the keys of conductor's agent ConfigMap, and ours beside them. YAML or JSON, strict.

import {
  AgentResourcesSchema,
  byteSize,
  durationMs,
  WordSchema,
  WordsSchema,
  AgentIdSchema,
} from '@tutti/schemas';
import { parse, YAMLError } from 'yaml';
import { z } from 'zod';

export const AGENT_TYPES = ['data-processor', 'filesystem', 'http-client', 'k8s-reporter', 'multi'] as const;
export type AgentType = (typeof AGENT_TYPES)[number];

const count = z.int().min(1);
const bytes = byteSize(1);
const time = durationMs({ minMs: 1, maxMs: 24 * 3_600_000 });

export const AgentConfigSchema = z.strictObject({
  agent: z
    .strictObject({
      name: AgentIdSchema.optional(),
      role: WordSchema.optional(),
      domain: WordSchema.optional(),
      capabilities: WordsSchema.optional(),
      tags: WordsSchema.optional(),
      resources: AgentResourcesSchema.optional(),
      heartbeatInterval: durationMs({ minMs: 1_000, maxMs: 3_600_000 }).optional(),
    })
    .optional(),
  executor: z
    .strictObject({
      type: z.enum(AGENT_TYPES).optional(),
      plugins: z.array(z.string().min(1)).max(100).optional(),
      maxConcurrentTasks: z.int().min(1).max(100).optional(),
      taskTimeout: time.optional(),
      /** An agent gets tasks of its own domain only. */
      domainRestricted: z
        .literal(true, {
          error: 'an agent gets tasks of its own domain only: leave it out, or set it to true',
        })
        .optional(),
      drainTimeout: time.optional(),
    })
    .optional(),
  health: z.strictObject({ port: z.int().min(0).max(65_535), host: z.string().min(1).optional() }).optional(),
  dataProcessor: z
    .strictObject({
      root: z.string().min(1).optional(),
      limits: z
        .strictObject({
          maxRows: count.optional(),
          maxBytes: bytes.optional(),
          maxRowBytes: bytes.optional(),
          maxJsonBytes: bytes.optional(),
          maxYamlBytes: bytes.optional(),
          maxResultBytes: bytes.optional(),
          maxGroups: count.optional(),
          maxErrors: count.optional(),
          maxTime: time.optional(),
        })
        .optional(),
    })
    .optional(),
  filesystem: z
    .strictObject({
      root: z.string().min(1).optional(),
      limits: z
        .strictObject({
          maxReadBytes: bytes.optional(),
          maxWriteBytes: bytes.optional(),
          maxEntries: count.optional(),
        })
        .optional(),
    })
    .optional(),
  httpClient: z
    .strictObject({
      allowedHosts: z.array(z.string().min(1)).max(1_000).optional(),
      limits: z
        .strictObject({
          maxRequestBytes: bytes.optional(),
          maxResponseBytes: bytes.optional(),
          maxRedirects: z.int().min(0).optional(),
          maxTime: time.optional(),
        })
        .optional(),
    })
    .optional(),
  kubernetes: z
    .strictObject({
      kubeconfig: z.string().min(1).optional(),
      context: z.string().min(1).optional(),
      limits: z
        .strictObject({
          pageSize: count.optional(),
          maxItems: count.optional(),
          maxCounted: count.optional(),
          maxTime: time.optional(),
        })
        .optional(),
    })
    .optional(),
});

export type AgentConfig = z.output<typeof AgentConfigSchema>;

/** What is wrong with the settings of an agent, one line each. */
export class AgentSettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'AgentSettingsError';
    this.problems = problems;
  }
}

/** `path` is for messages. */
export function parseAgentConfig(text: string, path: string): AgentConfig {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error;
    throw new AgentSettingsError([`${path}: ${error.message}`]);
  }
  const checked = AgentConfigSchema.safeParse(value ?? {});
  if (checked.success) return checked.data;
  throw new AgentSettingsError(
    checked.error.issues.map(
      ({ path: at, message }) => `${path}: ${at.length === 0 ? '' : `${at.join('.')}: `}${message}`,
    ),
  );
}
