// The Source resource: a place that declarations are taken from, beside the files of this machine. The schema reads
// what people write and gives a spec in code's own terms: every default filled in, units in the names.

import { z } from 'zod';
import { defined } from './defined.ts';
import { durationMs, MAX_DURATION_MS } from './duration.ts';
import { gitUrlIssue } from './git-url.ts';
import type { Origin } from './mcp-server-spec.ts';
import { MAX_ALLOWED_NAMES, variableName } from './variable-name.ts';

const MIN_INTERVAL_MS = 1_000;
const MAX_LENGTH = 1_000;
/** What git refuses in the name of a branch, and a `-` at its beginning, which would be an option. */
const NO_BRANCH = /^[-/.]|\.\.|@\{|\/[/.]|\.lock(?:\/|$)|[/.]$|[\s\p{Cc}~^:?*[\\]/u;

const gitFields = z
  .strictObject({
    url: z
      .string()
      .max(MAX_LENGTH)
      .superRefine((url, context) => {
        // With variables it can be judged only when they are resolved.
        const message = url.includes('${') ? undefined : gitUrlIssue(url);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .describe('The repository: `https://…`, `ssh://…`, `git@host:path` or `file:///…`.'),
    branch: z
      .string()
      .min(1)
      .max(MAX_LENGTH)
      .refine((branch) => !NO_BRANCH.test(branch), 'not the name of a branch')
      .optional()
      .describe('The branch; that of the repository itself (HEAD) when left out.'),
    path: z
      .string()
      .max(MAX_LENGTH)
      .transform(readPath)
      .prefault('')
      .describe('A folder or file inside of the repository; all of it when left out.'),
    interval: durationMs({ minMs: MIN_INTERVAL_MS, maxMs: MAX_DURATION_MS })
      .prefault('5m')
      .describe('How often the repository is asked for news.'),
    envAllow: z
      .array(variableName)
      .max(MAX_ALLOWED_NAMES)
      .prefault([])
      .describe("The variables of Tutti's environment that declarations of the repository may use."),
    webhook: z
      .strictObject({
        secret: z.string().min(1).max(MAX_LENGTH).describe('Shared with the sender: `${NAME}`.'),
      })
      .optional()
      .describe('Lets GitHub or GitLab say that there is news, at /api/v1/sources/NAME/webhook.'),
  })
  .transform(normalise);

/** Reads a spec as people write it; the output is normalised, with all defaults. */
export const sourceSpecSchema = z
  .strictObject({ git: gitFields.describe('A repository.') })
  .describe('Where declarations are taken from.');

/** A spec as people write it. */
export type SourceSpecInput = z.input<typeof sourceSpecSchema>;

/** A checked spec. `url` and `webhookSecret` may still hold `${VAR}`. */
export interface GitSourceSpec {
  readonly url: string;
  /** Absent: what the repository's HEAD points to. */
  readonly branch?: string;
  /** Relative to the root of the repository, with `/`; empty: all of it. */
  readonly path: string;
  readonly intervalMs: number;
  readonly envAllow: readonly string[];
  readonly webhookSecret?: string;
}

export interface SourceResource {
  readonly kind: 'Source';
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: { readonly git: GitSourceSpec };
  readonly origin: Origin;
}

interface GitFields {
  readonly url: string;
  readonly branch?: string | undefined;
  readonly path: string;
  readonly interval: number;
  readonly envAllow: readonly string[];
  readonly webhook?: { readonly secret: string } | undefined;
}

function normalise({ interval, webhook, ...fields }: GitFields): GitSourceSpec {
  return defined({ ...fields, intervalMs: interval, webhookSecret: webhook?.secret });
}

/** Without `./` and a `/` at the end; nothing that leads out of the repository. */
function readPath(text: string, context: z.core.$RefinementCtx): string {
  const parts = text.split('/').filter((part) => part !== '.' && part !== '');
  if (!text.startsWith('/') && !parts.includes('..') && !/[\p{Cc}\\]/u.test(text)) return parts.join('/');
  context.addIssue({
    code: 'custom',
    message: 'must be a path inside of the repository, relative to its root, like `mcp-config/executor`',
  });
  return z.NEVER;
}
