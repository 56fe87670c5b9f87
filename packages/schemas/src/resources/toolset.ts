// The Toolset resource: a named view over many servers, with an endpoint of its own. It chooses tools by whose they are
// and by their servers' own names for them. The schema gives rules with all defaults filled in.

import { z } from 'zod';
import { defined } from './defined.ts';
import { whoFields } from './gateway-auth.ts';
import type { Origin } from './mcp-server-spec.ts';
import { MAX_NAME_LENGTH } from './server-name.ts';

export const MAX_TOOLSET_RULES = 1_000;
const ANY = '*';

const glob = z.string().min(1);
const GLOB = '`*` is any text, `?` is one character.';

const ruleFields = {
  server: glob.prefault(ANY).describe(`Glob over names of servers: ${GLOB}`),
  tool: glob.prefault(ANY).describe(`Glob over the server's own names of its tools: ${GLOB}`),
};

const patterns = z
  .union([z.boolean(), z.array(glob).max(MAX_TOOLSET_RULES)], {
    error: 'must be `true`, `false` or a list of globs',
  })
  .prefault(false)
  .transform((value): readonly string[] => {
    if (typeof value !== 'boolean') return value;
    return value ? [ANY] : [];
  });

const specFields = z.strictObject({
  description: z
    .string()
    .max(500, 'longer than 500 characters; shorten it')
    .optional()
    .describe('For people.'),
  servers: z
    .array(glob)
    .min(1)
    .max(MAX_TOOLSET_RULES)
    .prefault([ANY])
    .describe(`Globs over names of servers; of others nothing is shown. ${GLOB}`),
  tools: z
    .array(
      z.strictObject({
        ...ruleFields,
        as: z
          .string()
          .max(MAX_NAME_LENGTH, `longer than ${MAX_NAME_LENGTH} characters; shorten it`)
          .regex(
            /^(?:[A-Za-z0-9_.-]|\{server\}|\{tool\})+$/,
            'may hold letters, digits, `_`, `.`, `-`, and `{server}` and `{tool}` for the names of these',
          )
          .optional()
          .describe('The name here, instead of the one at `/mcp`. `{server}` and `{tool}` stand for theirs.'),
      }),
    )
    .max(MAX_TOOLSET_RULES)
    .prefault([{}])
    .describe('Tools that are shown; the first rule that fits gives the name. Left out: all of them.'),
  exclude: z
    .array(z.strictObject(ruleFields))
    .max(MAX_TOOLSET_RULES)
    .prefault([])
    .describe('Tools that are not shown, whatever `tools` says.'),
  mode: z
    .enum(['direct', 'search'])
    .optional()
    .describe(
      '`search`: clients get a few tools that search and call the others. Left out: as the Gateway says.',
    ),
  access: z
    .strictObject(whoFields)
    .transform((who) => defined(who))
    .optional()
    .describe('Who may use it; for all others it is not there. Left out: everybody.'),
  prompts: patterns.describe(`Prompts of the servers: all, none, or globs over their own names. ${GLOB}`),
  resources: patterns.describe(`Resources of the servers: all, none, or globs over their own uris. ${GLOB}`),
});

/** Reads a spec as people write it; the output has all defaults. */
export const toolsetSpecSchema = specFields
  .transform(({ tools, ...spec }): ToolsetSpec =>
    defined({ ...spec, tools: tools.map((rule) => defined(rule)) }),
  )
  .describe('What is shown, under which names.');

export interface ToolsetRule {
  readonly server: string;
  readonly tool: string;
}

/** A checked spec; every text but the description and `as` is a glob. */
export interface ToolsetSpec {
  readonly description?: string;
  readonly servers: readonly string[];
  readonly tools: readonly (ToolsetRule & { readonly as?: string })[];
  readonly exclude: readonly ToolsetRule[];
  readonly mode?: 'direct' | 'search';
  /** Who may use it; absent: everybody. */
  readonly access?: { readonly roles?: readonly string[]; readonly principals?: readonly string[] };
  readonly prompts: readonly string[];
  readonly resources: readonly string[];
}

export interface ToolsetResource {
  readonly kind: 'Toolset';
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: ToolsetSpec;
  readonly origin: Origin;
}
