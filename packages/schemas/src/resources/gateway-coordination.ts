// How agents and tasks are brought together.

import { z } from 'zod';
import { WordSchema } from '../coordination/names.ts';
import { AGENT_PERMISSIONS } from '../coordination/roles.ts';
import { RetryPolicySchema } from '../coordination/task.ts';
import { byteSize } from './byte-size.ts';
import { defined } from './defined.ts';
import { durationMs, MAX_DURATION_MS } from './duration.ts';
import { providerName } from './gateway-models.ts';

const MAX_DOMAINS = 1_000;
const MAX_ROLES = 100;
const MAX_ROOTS = 100;
const MAX_COMMANDS = 100;
const MAX_ARGS = 100;
const MAX_TEXT_LENGTH = 4_096;

const scheduler = z.strictObject({
  algorithm: z
    .enum(['capability-priority'])
    .prefault('capability-priority')
    .describe('How an agent is chosen: who can do the task, then who suits best.'),
  loadBalancing: z.boolean().prefault(true).describe('Whether agents with more free slots are preferred.'),
  domainFiltering: z
    .boolean()
    .prefault(true)
    .describe('Whether a task goes to agents of its own domain only.'),
});

const domain = z
  .strictObject({
    timeout: durationMs({ minMs: 100, maxMs: MAX_DURATION_MS })
      .optional()
      .describe('Of one attempt at a task that has none of its own.'),
    retryPolicy: RetryPolicySchema.optional().describe('Of a task that has none of its own.'),
  })
  .transform(({ timeout, retryPolicy }) => defined({ timeoutMs: timeout, retryPolicy }));

const decomposition = z
  .strictObject({
    provider: providerName
      .optional()
      .describe('The one of `models` that splits tasks; the first one when left out.'),
    onFailure: z
      .enum(['split', 'fail'])
      .prefault('split')
      .describe(
        'When the model does not give a usable answer: the task is split without it, or the call fails.',
      ),
  })
  .transform((fields) => defined(fields));

const root = z.strictObject({
  name: WordSchema.describe('What proofs call it.'),
  path: z
    .string()
    .min(1)
    .max(MAX_TEXT_LENGTH)
    .describe('A folder; a relative one starts at the folder of this file.'),
});

/** What one call reads or writes at most; the result of a call has to hold it. */
const MAX_SHARED_FILE_BYTES = 16 * 1024 ** 2;

const files = z
  .strictObject({
    roots: z
      .array(
        z.strictObject({
          name: WordSchema.describe('The space of leases that its paths belong to.'),
          path: z
            .string()
            .min(1)
            .max(MAX_TEXT_LENGTH)
            .describe('A folder; a relative one starts at the folder of this file.'),
        }),
      )
      .max(MAX_ROOTS)
      .prefault([])
      .describe(
        'Folders whose files agents read and write with the file tools; without any there are no such tools.',
      ),
    maxFileSize: byteSize(1024, MAX_SHARED_FILE_BYTES)
      .prefault('1Mi')
      .describe('The largest file that one call reads or writes.'),
  })
  .superRefine(({ roots }, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of roots.entries()) {
      if (seen.has(name))
        context.addIssue({
          code: 'custom',
          path: ['roots', index, 'name'],
          message: `\`${name}\` is there already; choose another name`,
        });
      seen.add(name);
    }
  })
  .transform(({ roots, maxFileSize }) => ({ roots, maxFileBytes: maxFileSize }));

const command = z
  .strictObject({
    name: WordSchema.describe('What proofs call it.'),
    root: WordSchema.describe('The root that it runs in.'),
    command: z.string().min(1).max(MAX_TEXT_LENGTH).describe('A program, without a shell.'),
    args: z.array(z.string().max(MAX_TEXT_LENGTH)).max(MAX_ARGS).prefault([]).describe('Its arguments.'),
    timeout: durationMs({ minMs: 100, maxMs: 3_600_000 })
      .prefault('10m')
      .describe('After this it is ended, and counts as failed.'),
  })
  .transform(({ timeout, ...rest }) => ({ ...rest, timeoutMs: timeout }));

const evidence = z
  .strictObject({
    roots: z
      .array(root)
      .max(MAX_ROOTS)
      .prefault([])
      .describe('Folders in which proofs are looked for; nothing outside of them is read.'),
    commands: z
      .array(command)
      .max(MAX_COMMANDS)
      .prefault([])
      .describe('Tests that Tutti runs itself where a task demands them by name.'),
  })
  .superRefine(({ roots, commands }, context) => {
    const names = new Set(roots.map(({ name }) => name));
    for (const [field, list] of [['roots', roots] as const, ['commands', commands] as const]) {
      const seen = new Set<string>();
      for (const [index, { name }] of list.entries()) {
        if (seen.has(name))
          context.addIssue({
            code: 'custom',
            path: [field, index, 'name'],
            message: `\`${name}\` is there already; choose another name`,
          });
        seen.add(name);
      }
    }
    for (const [index, { root: name }] of commands.entries())
      if (!names.has(name))
        context.addIssue({
          code: 'custom',
          path: ['commands', index, 'root'],
          message: `there is no root \`${name}\`; add it to \`roots\``,
        });
  });

export const gatewayCoordinationSchema = z
  .strictObject({
    domain: WordSchema.optional().describe(
      'The one domain that is served here; agents and tasks of another are refused. Left out: all are served.',
    ),
    tools: z
      .enum(['auto', 'on', 'off'])
      .prefault('auto')
      .describe(
        'Who sees the tools of agents and tasks at `/mcp`: those with the roles `agent` and `admin`, everybody who may use them, or nobody.',
      ),
    roles: z
      .record(WordSchema, z.array(z.enum(AGENT_PERMISSIONS)).max(AGENT_PERMISSIONS.length))
      .refine((map) => Object.keys(map).length <= MAX_ROLES, `more than ${MAX_ROLES} roles`)
      .prefault({})
      .describe('Roles of agents beside those that are there, or in their place: what each may do.'),
    scheduler: scheduler.prefault({}).describe('How tasks find agents.'),
    domains: z
      .record(WordSchema, domain)
      .refine((map) => Object.keys(map).length <= MAX_DOMAINS, `more than ${MAX_DOMAINS} domains`)
      .prefault({})
      .describe('What holds for tasks of a domain that do not say it themselves, by its name.'),
    decomposition: decomposition.prefault({}).describe('How a task is split into parts.'),
    evidence: evidence.prefault({}).describe('Where proofs of done work are looked for.'),
    files: files
      .prefault({})
      .describe('Files that agents share: leases of them, and tools that keep to the leases.'),
  })
  .transform((fields) => defined(fields))
  .describe('How agents and tasks are brought together.');

export type CoordinationSettings = z.output<typeof gatewayCoordinationSchema>;
export type EvidenceSettings = CoordinationSettings['evidence'];
export type FileSettings = CoordinationSettings['files'];
