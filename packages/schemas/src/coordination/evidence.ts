// Evidence: what a task demands before it counts as completed, and what is brought forward for it.

import { z } from 'zod';
import { AgentIdSchema, WordSchema } from './names.ts';

export const PROOF_KINDS = [
  /** A commit is in a repository, and reachable from a ref of it. */
  'commit_reachable',
  /** Tests ended as they should. */
  'tests_exit_code',
  /** A file is there, with the content that is claimed. */
  'file_hash',
  /** Somebody else than who did the work approves of it. */
  'reviewer_approval',
] as const;

/** Proofs that one task may demand. */
export const MAX_PROOFS = 32;
const MAX_APPROVALS = 10;
const MAX_PATH_CHARS = 1_024;
const MAX_TEXT_CHARS = 4_000;

const inside = z
  .string()
  .min(1)
  .max(MAX_PATH_CHARS)
  .refine((path) => !path.includes('\0'), 'must have visible characters only')
  .refine((path) => !/^(?:[/\\]|[A-Za-z]:)/.test(path), 'must be relative to the root')
  .refine((path) => !path.split(/[/\\]/).includes('..'), 'must not leave the root by `..`');

const sha256 = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'must be the 64 hexadecimal digits of a SHA-256')
  .transform((text) => text.toLowerCase());

const id = {
  /** What evidence calls it. Default: its kind. */
  id: WordSchema.optional(),
};

const demandedProof = z.discriminatedUnion('kind', [
  z.strictObject({
    ...id,
    kind: z.literal('commit_reachable'),
    /** The name of a root that the configuration declares. */
    root: WordSchema,
    /** The folder of the repository in it. */
    path: inside.default('.'),
    /** A branch, a tag, `origin/main`. */
    ref: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^-\s~^:?*[\\\p{Cc}][^\s~^:?*[\\\p{Cc}]*$/u, 'must be the name of a branch or tag')
      .default('HEAD'),
  }),
  z.strictObject({
    ...id,
    kind: z.literal('tests_exit_code'),
    /** What is to be run: for `tutti` the name of a command that the configuration declares. */
    command: z.string().min(1).max(MAX_PATH_CHARS),
    exit_code: z.int().min(0).max(255).default(0),
    /** Who runs it: the agent, which reports how it ended, or Tutti itself. */
    run_by: z.enum(['agent', 'tutti']).default('agent'),
  }),
  z.strictObject({
    ...id,
    kind: z.literal('file_hash'),
    root: WordSchema,
    path: inside,
    /** Left out: the one that the agent claims. */
    sha256: sha256.optional(),
  }),
  z.strictObject({
    ...id,
    kind: z.literal('reviewer_approval'),
    /** Only who has this role may approve. */
    role: WordSchema.optional(),
    /** How many have to. */
    count: z.int().min(1).max(MAX_APPROVALS).default(1),
    /** What has to be another than that of the work: the agent, or whoever the agent belongs to as well. */
    separate: z.enum(['agent', 'principal']).default('agent'),
  }),
]);

/** What a task demands. */
export const DemandedProofsSchema = z
  .array(demandedProof)
  .max(MAX_PROOFS)
  .transform((proofs, context) => {
    const seen = new Set<string>();
    return proofs.map((proof, index) => {
      const { id: own = proof.kind } = proof;
      if (seen.has(own))
        context.addIssue({
          code: 'custom',
          path: [index, 'id'],
          message: `\`${own}\` is there already; give each proof an id of its own`,
        });
      seen.add(own);
      return { ...proof, id: own };
    });
  });

const submitted = {
  /** The id of the proof that it is for. */
  proof: WordSchema,
};

/** What the agent that did the work brings forward. Approvals come from others. */
export const EvidenceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...submitted,
    kind: z.literal('commit_reachable'),
    commit: z
      .string()
      .regex(/^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/, 'must be all 40 or 64 digits of a commit')
      .transform((text) => text.toLowerCase()),
  }),
  z.strictObject({
    ...submitted,
    kind: z.literal('tests_exit_code'),
    exit_code: z.int().min(-1).max(255),
    /** For people: what was run, and its last words. */
    summary: z.string().max(MAX_TEXT_CHARS).optional(),
  }),
  z.strictObject({ ...submitted, kind: z.literal('file_hash'), sha256 }),
]);

export const EvidenceListSchema = z.array(EvidenceSchema).max(MAX_PROOFS);

/** What a reviewer says. The latest of one reviewer counts. */
export const ApprovalSchema = z.strictObject({
  ...submitted,
  decision: z.enum(['approve', 'reject']),
  comment: z.string().max(MAX_TEXT_CHARS).default(''),
  /** Left out by people. */
  agent_id: AgentIdSchema.optional(),
});

/** What of a task's proofs is missing. */
export const ApiEvidenceSchema = z.object({
  satisfied: z.boolean(),
  missing: z.array(
    z.object({
      /** The id of the proof. */
      proof: z.string(),
      kind: z.enum(PROOF_KINDS),
      why: z.string(),
      /** What to do about it. */
      next: z.string(),
    }),
  ),
});

export type ProofKind = (typeof PROOF_KINDS)[number];
export type DemandedProof = z.infer<typeof DemandedProofsSchema>[number];
export type DemandedProofOf<Kind extends ProofKind> = Extract<DemandedProof, { readonly kind: Kind }>;
export type Evidence = z.infer<typeof EvidenceSchema>;
export type Approval = z.infer<typeof ApprovalSchema>;
export type ApiEvidence = z.infer<typeof ApiEvidenceSchema>;
