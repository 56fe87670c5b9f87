// Who may come in, and what they may use: keys and policies of a Gateway. A policy speaks of servers and of their own
// names of their tools, never of exposed names.

import { z } from 'zod';
import { defined } from './defined.ts';

const MAX_KEYS = 1_000;
const MAX_POLICIES = 1_000;
const MAX_NAMES = 1_000;
/** An old secret and the one that takes its place, and one to spare. */
const MAX_SECRETS = 3;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const MAX_LABEL_LENGTH = 63;
/** Those who come without a key, and those with the instance token. */
const TAKEN_NAMES: readonly string[] = ['local', 'admin'];
const SHA256 = /^sha256:[0-9a-fA-F]{64}$/;
const ANY = '*';

const label = z
  .string()
  .max(MAX_LABEL_LENGTH, `longer than ${MAX_LABEL_LENGTH} characters; shorten it`)
  .regex(LABEL, 'use lower-case letters, digits and `-`, with a letter or digit at both ends');

const glob = z.string().min(1);
const GLOB = '`*` is any text, `?` is one character.';

/** One reference and nothing else: a default, or text around it, would be a secret that stands there. */
const REFERENCE = /^\$\{[A-Za-z_]\w*\}$/;

const secret = z.string().refine((text) => SHA256.test(text) || REFERENCE.test(text), {
  error:
    'a secret does not stand in a declaration, nor does a default for it; write `${VAR}` alone, or `sha256:` and the 64 digits of its hash',
});

/** Roles and principals that something is for. */
export const whoFields = {
  roles: z.array(label).min(1).max(MAX_NAMES).optional().describe('Who has one of these roles.'),
  principals: z
    .array(label)
    .min(1)
    .max(MAX_NAMES)
    .optional()
    .describe(
      'Names of keys; `local` is whoever comes without a key, `admin` whoever has the instance token.',
    ),
};

const key = z.strictObject({
  name: label
    .refine((name) => !TAKEN_NAMES.includes(name), 'means those without a key of their own; choose another')
    .describe('Who has the key; stands in logs and in policies.'),
  secret: z
    .union([secret, z.array(secret).min(1).max(MAX_SECRETS)])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .describe(
      'What the client sends as bearer token: `${VAR}`, or `sha256:` and the hash of it in hexadecimal digits. A list while an old one is being replaced.',
    ),
  roles: z
    .array(label)
    .max(MAX_NAMES)
    .prefault([])
    .describe(
      "Names that policies speak of. `admin` may use Tutti's own tools and change things over the API, `viewer` may read the API, `agent` may register agents and do tasks over it.",
    ),
});

export const gatewayAuthSchema = z
  .strictObject({
    required: z
      .boolean()
      .prefault(false)
      .describe(
        'Whether clients need a key on this machine too. Then Tutti may listen where others can reach it.',
      ),
    keys: z.array(key).max(MAX_KEYS).prefault([]).describe('Keys of clients.'),
  })
  .superRefine(({ keys }, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of keys.entries()) {
      if (seen.has(name))
        context.addIssue({
          code: 'custom',
          path: ['keys', index, 'name'],
          message: `\`${name}\` is the name of another key; one key may have several secrets`,
        });
      seen.add(name);
    }
  })
  .describe('Who may come in.');

const policy = z
  .strictObject({
    ...whoFields,
    servers: z
      .array(glob)
      .min(1)
      .max(MAX_NAMES)
      .prefault([ANY])
      .describe(`Globs over names of servers; \`tutti\` is the one of Tutti's own tools. ${GLOB}`),
    tools: z
      .array(glob)
      .min(1)
      .max(MAX_NAMES)
      .optional()
      .describe(
        `Globs over the servers' own names of tools. Left out: all that a server offers, prompts and resources too. ${GLOB}`,
      ),
    destructive: z
      .boolean()
      .optional()
      .describe(
        'Only tools that may destroy something, or only those that say they do not. A tool that says nothing may.',
      ),
    effect: z.enum(['allow', 'deny']).describe('What holds for whatever fits.'),
  })
  .transform((rule) => defined(rule));

export const gatewayPoliciesSchema = z
  .array(policy)
  .max(MAX_POLICIES)
  .describe('Who may use what: the first that fits decides, and where none fits it is allowed.');
