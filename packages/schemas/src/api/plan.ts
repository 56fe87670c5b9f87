// What a change would do: the declarations that are asked about, and the answer. No secret is ever part of the answer:
// of a value only what can't be one is shown.

import { z } from 'zod';
import { ApiProblemSchema } from './problem.ts';
import { ApiOriginSchema } from './server.ts';

/** Bytes of a request to plan; it holds the texts of all declarations. */
export const MAX_PLAN_REQUEST_BYTES = 16 * 1024 ** 2;
/** Files in one request. */
export const MAX_PLAN_FILES = 5_000;

/** Below the path that is asked about, `/` between folders; empty when that is the file itself. */
const relativePath = z.string().max(4_096);

export const ApiPlanRequestSchema = z.strictObject({
  /** What would take the place of what is declared now. Left out: what is declared, but not in force. */
  change: z
    .strictObject({
      /** Where these files are; below what the instance reads, only that part is replaced. */
      path: z.string().min(1).max(4_096),
      isFolder: z.boolean(),
      files: z
        .array(
          z.strictObject({
            path: relativePath,
            text: z.string(),
            /** One among others of a folder: it may hold something else altogether. */
            inFolder: z.boolean().default(false),
          }),
        )
        .max(MAX_PLAN_FILES),
      /** What they hold is unknown. */
      unreadable: z
        .array(z.strictObject({ path: relativePath, message: z.string() }))
        .max(MAX_PLAN_FILES)
        .default([]),
      leftOut: z
        .array(
          z.strictObject({ path: relativePath, message: z.string(), severity: z.enum(['error', 'warning']) }),
        )
        .max(MAX_PLAN_FILES)
        .default([]),
      /** The Source in whose place they stand; left out: the files that the instance reads. */
      source: z.string().optional(),
      /** They are those of a repository that no Source names yet; planned as if one did. */
      repository: z
        .strictObject({
          url: z.string().min(1).max(4_096),
          /** What is read of it; empty: all. */
          path: relativePath,
          commit: z.string().max(100),
          envAllow: z.array(z.string()).default([]),
        })
        .optional(),
    })
    .optional(),
  /** What would be declared over the API; instead of `change`. */
  apply: z
    .strictObject({
      text: z.string(),
      /** What messages call it. */
      path: z.string().max(4_096).optional(),
    })
    .optional(),
});

export const ApiFieldChangeSchema = z.object({
  /** As a declaration writes it: `env.TOKEN`, `timeout`. */
  field: z.string(),
  /** Absent where the value may be secret, or there is none. */
  before: z.string().optional(),
  after: z.string().optional(),
  /** Whether only a new process or connection takes it up. */
  restarts: z.boolean(),
});

export const API_PLAN_ACTIONS = ['start', 'stop', 'restart', 'update', 'add', 'remove'] as const;

export const ApiPlannedServerSchema = z.object({
  name: z.string(),
  /** `update`: taken up while it runs. `add`, `remove`: declared or not any more, but it does not run. */
  action: z.enum(API_PLAN_ACTIONS),
  reason: z.string(),
  fields: z.array(ApiFieldChangeSchema),
  /** Whether what it will offer is known before it starts. */
  toolsKnown: z.boolean(),
  /** Absent for one that is not declared any more. */
  origin: ApiOriginSchema.optional(),
});

export const ApiPlannedToolSchema = z.object({
  /** The name at the view. */
  name: z.string(),
  /** The server, or for a family's tool the family. */
  server: z.string(),
  /** The name that the server knows. */
  tool: z.string(),
});

export const ApiPlannedViewSchema = z.object({
  /** Where clients find it: `/mcp`, `/mcp/sets/dev`. */
  path: z.string(),
  /** Whose view it is, where policies or keys make it another one. Absent: without any policy. */
  principals: z.array(z.string()).optional(),
  change: z.enum(['added', 'removed', 'changed', 'none']),
  added: z.array(ApiPlannedToolSchema),
  removed: z.array(ApiPlannedToolSchema),
  /** Another description, schema, or other members of a family. */
  changed: z.array(ApiPlannedToolSchema),
  moved: z.array(ApiPlannedToolSchema.extend({ before: z.string() })),
  /** Of all of them, where the lists above are cut. */
  counts: z.object({
    added: z.int().nonnegative(),
    removed: z.int().nonnegative(),
    changed: z.int().nonnegative(),
    moved: z.int().nonnegative(),
  }),
  /** Servers that may show more or others here once they have started. */
  unknown: z.array(z.string()),
});

export const ApiPlannedFamilySchema = z.object({
  name: z.string(),
  change: z.enum(['added', 'removed', 'changed']),
  joined: z.array(z.string()),
  left: z.array(z.string()),
});

export const ApiPlannedSourceSchema = z.object({
  name: z.string(),
  change: z.enum(['added', 'removed', 'changed']),
  message: z.string(),
});

export const ApiPlannedSettingSchema = ApiFieldChangeSchema.omit({ restarts: true }).extend({
  takesEffect: z.enum(['now', 'at the next start of Tutti']),
});

/** Something that is not as it is declared. */
export const ApiDriftSchema = z.object({
  kind: z.enum(['MCPServer', 'Toolset', 'Source']),
  name: z.string(),
  message: z.string(),
});

export const ApiPlanSchema = z.object({
  /** Whether anything would be other than it is. */
  changes: z.boolean(),
  servers: z.array(ApiPlannedServerSchema),
  /** Servers that would not notice. */
  keptServers: z.array(z.string()),
  views: z.array(ApiPlannedViewSchema),
  /** Too many differ for all to be planned by themselves: these were not. */
  unplannedPrincipals: z.array(z.string()).optional(),
  families: z.array(ApiPlannedFamilySchema),
  sources: z.array(ApiPlannedSourceSchema),
  settings: z.array(ApiPlannedSettingSchema),
  /** Problems that the change has or brings. */
  problems: z.array(ApiProblemSchema),
  drift: z.array(ApiDriftSchema),
});

export type ApiPlanRequest = z.input<typeof ApiPlanRequestSchema>;
export type ApiPlanChange = NonNullable<z.output<typeof ApiPlanRequestSchema>['change']>;
export type ApiFieldChange = z.infer<typeof ApiFieldChangeSchema>;
export type ApiPlannedServer = z.infer<typeof ApiPlannedServerSchema>;
export type ApiPlannedTool = z.infer<typeof ApiPlannedToolSchema>;
export type ApiPlannedView = z.infer<typeof ApiPlannedViewSchema>;
export type ApiPlannedFamily = z.infer<typeof ApiPlannedFamilySchema>;
export type ApiPlannedSource = z.infer<typeof ApiPlannedSourceSchema>;
export type ApiPlannedSetting = z.infer<typeof ApiPlannedSettingSchema>;
export type ApiDrift = z.infer<typeof ApiDriftSchema>;
export type ApiPlan = z.infer<typeof ApiPlanSchema>;
