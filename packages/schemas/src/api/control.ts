// What changing a running Tutti answers.

import { z } from 'zod';
import { ApiProblemSchema } from './problem.ts';
import { ApiOriginSchema, ApiTimeSchema } from './server.ts';

/** The kinds that can be declared over the API. A Gateway or a Source decides what others may do and see: they are
 *  declared in files. */
export const API_RESOURCE_KINDS = ['MCPServer', 'Toolset'] as const;

export const ApiAppliedSchema = z.object({
  items: z.array(
    z.object({
      kind: z.enum(API_RESOURCE_KINDS),
      name: z.string(),
      change: z.enum(['created', 'changed', 'unchanged']),
    }),
  ),
  /** What is odd about the documents, and does not keep them from taking effect. */
  warnings: z.array(ApiProblemSchema),
});

/** Who took a server out of service, or back into it against its declaration, and when. */
export const ApiSuspensionSchema = z.object({
  suspended: z.boolean(),
  by: z.string(),
  since: ApiTimeSchema,
  /** `declaration`: the declaration itself says so now. `override`: kept beside it, until it changes in this point. */
  place: z.enum(['declaration', 'override']),
});

/** A resource that is declared somewhere. */
export const ApiResourceSchema = z.object({
  kind: z.enum(API_RESOURCE_KINDS),
  name: z.string(),
  origin: ApiOriginSchema,
  /** `Shadowed`: another origin declares the name. `Invalid`: this version can't use it. */
  state: z.enum(['InForce', 'Shadowed', 'Invalid']),
  /** Why it is not in force. */
  message: z.string().optional(),
  /** Of a server. */
  suspended: z.boolean().optional(),
  suspension: ApiSuspensionSchema.optional(),
});

export const ApiResourceListSchema = z.object({ items: z.array(ApiResourceSchema) });

/** What became of suspending, resuming, starting or stopping a server. */
export const ApiSuspendedSchema = z.object({
  name: z.string(),
  suspended: z.boolean(),
  change: z.enum(['changed', 'unchanged']),
  /** Where the change is kept: `file`: written into the file; `stored`: in the stored resource; `override`: beside the
   *  declaration. Absent when nothing has to be kept: the declaration says the same. */
  kept: z.enum(['file', 'stored', 'override']).optional(),
  /** What is to be known of that, for people. */
  note: z.string().optional(),
  /** Why it does not run although it may: it is `Blocked`. */
  blocked: z.string().optional(),
});

export type ApiResourceKind = (typeof API_RESOURCE_KINDS)[number];
export type ApiApplied = z.infer<typeof ApiAppliedSchema>;
export type ApiSuspension = z.infer<typeof ApiSuspensionSchema>;
export type ApiResource = z.infer<typeof ApiResourceSchema>;
export type ApiSuspended = z.infer<typeof ApiSuspendedSchema>;
