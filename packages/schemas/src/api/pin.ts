// What is approved of the tools of a server, and what they are now.

import { z } from 'zod';
import { PIN_POLICIES } from '../resources/pin-policy.ts';
import { ApiTimeSchema } from './server.ts';

/** One place of a definition. Without `before` it was added, without `after` it was taken away. */
export const ApiPinChangeSchema = z.object({
  /** `description`, `inputSchema.properties.path.type`; empty: the whole definition. */
  path: z.string(),
  /** Texts as they are, other values as JSON. */
  before: z.string().optional(),
  after: z.string().optional(),
});

export const ApiPinSchema = z.object({
  server: z.string(),
  /** The name that the server knows. */
  tool: z.string(),
  /** `changed`: another definition was approved; `new`: none ever; `removed`: approved, but not shown any more. */
  state: z.enum(['approved', 'changed', 'new', 'removed']),
  /** Whether it is kept out of the catalog because of that. */
  held: z.boolean(),
  /** Of the definition that is shown; absent for `removed`. */
  digest: z.string().optional(),
  approvedDigest: z.string().optional(),
  approvedAt: ApiTimeSchema.optional(),
  /** The id of a caller; `first-sight` when nothing was known of the server before. */
  approvedBy: z.string().optional(),
  /** From what was approved to what is shown. */
  changes: z.array(ApiPinChangeSchema).optional(),
});

/** How the tools of one server stand. */
export const ApiServerPinsSchema = z.object({
  server: z.string(),
  policy: z.enum(PIN_POLICIES),
  /** Tools that are shown and are as approved; absent, as the others, as long as the server has not shown its tools. */
  approved: z.int().nonnegative().optional(),
  changed: z.int().nonnegative().optional(),
  new: z.int().nonnegative().optional(),
});

export const ApiPinListSchema = z.object({ items: z.array(ApiPinSchema) });
export const ApiServerPinsListSchema = z.object({ items: z.array(ApiServerPinsSchema) });

/** What to approve: all that is not, or these tools. With the digest that was looked at, a tool that changed since is
 *  refused. */
export const ApiApprovalSchema = z.union([
  z.strictObject({ all: z.literal(true) }),
  z.strictObject({
    tools: z
      .array(z.strictObject({ name: z.string().min(1), digest: z.string().optional() }))
      .min(1)
      .max(1_000),
  }),
]);

export type ApiPin = z.infer<typeof ApiPinSchema>;
export type ApiPinChange = z.infer<typeof ApiPinChangeSchema>;
export type ApiServerPins = z.infer<typeof ApiServerPinsSchema>;
export type ApiApproval = z.infer<typeof ApiApprovalSchema>;
