// The tools of files that agents share: reading is free, writing needs the lock of the file.

import { LeasePathSchema, WordSchema } from '@tutti/schemas';
import { z } from 'zod';
import type { Caller } from '../../../coordination/agents/registry.ts';
import { AppError } from '../../../kernel/errors.ts';
import { type FileName, textOf, type WriterOf } from '../../files/shared-files.ts';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { agentId, asAgent, once } from './arguments.ts';

/** Entries that one list shows. */
const MAX_ENTRIES = 2_000;
const MAX_EDITS = 100;
const SHA256 = /^[0-9a-fA-F]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const path = LeasePathSchema.describe('Relative to the root of the files.');
const space = WordSchema.optional().describe('The root, where there are several.');
const named = { path, space };
const encoding = z.enum(['utf8', 'base64']).default('utf8');
const writer = {
  agent_id: agentId,
  ...named,
  fence: z
    .int()
    .min(1)
    .optional()
    .describe('The number of your lock: refuses the write if you lost it in between.'),
  idempotency_key: once.idempotency_key.describe(
    'Not needed: sha256 keeps the same call from writing twice.',
  ),
};
const sha256 = z.string().regex(SHA256, 'must be 64 hexadecimal digits');
const written = z.object({
  space: z.string(),
  path: z.string(),
  sha256: z.string().describe('Of the content now: give it with the next write.'),
  size: z.int(),
  ...noticed,
});
const wroteText = ({ path: where, size, sha256: now }: z.output<typeof written>): string =>
  `${where} has ${size} bytes, sha256 ${now}.`;

export function fileTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'file_list',
      title: 'List files',
      description: 'What is in a folder of the shared files.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        path: path.default('.'),
        space,
        recursive: z.boolean().default(false),
        limit: z
          .int()
          .min(1)
          .max(MAX_ENTRIES)
          .default(MAX_ENTRIES / 2),
        ...asAgent,
      }),
      output: z.object({
        entries: z.array(
          z.object({ path: z.string(), type: z.enum(['file', 'folder', 'link', 'other']), size: z.int() }),
        ),
        truncated: z.boolean().describe('There is more than was asked for.'),
        ...noticed,
      }),
      async call({ path: folder, space: root, recursive, limit }, { deps }) {
        const { entries, truncated } = await deps.files.list(
          { path: folder, space: root },
          { recursive, limit },
        );
        return { entries: [...entries], truncated };
      },
      text: ({ entries, truncated }) =>
        [
          ...entries.map(({ path: where, type, size }) =>
            type === 'file' ? `${where} (${size})` : `${where} ${type}`,
          ),
          ...(truncated ? ['… and more; name a folder further down.'] : []),
        ].join('\n') || 'It is empty.',
    }),
    agentTool(running, {
      name: 'file_read',
      title: 'Read a file',
      description: 'The content of a shared file and its sha256, which a write in its place has to name.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        ...named,
        encoding,
        offset: z.int().min(0).default(0).describe('Bytes from the beginning.'),
        length: z.int().min(1).optional().describe('Bytes; to the end when left out.'),
        ...asAgent,
      }),
      output: z.object({
        space: z.string(),
        path: z.string(),
        sha256: z.string().describe('Of the whole file.'),
        size: z.int().describe('Of the whole file, in bytes.'),
        content: z.string(),
        encoding,
        ...noticed,
      }),
      async call({ encoding: how, offset, length, ...name }, { deps }) {
        const { bytes, ...file } = await deps.files.read({ space: name.space, path: name.path });
        const part = bytes.subarray(offset, length === undefined ? undefined : offset + length);
        const content = how === 'base64' ? part.toString('base64') : textOf(part, file.path);
        return { ...file, size: bytes.length, content, encoding: how };
      },
      text: ({ path: where, size, sha256: now, content }) =>
        `${where}, ${size} bytes, sha256 ${now}:\n${content}`,
    }),
    agentTool(running, {
      name: 'file_write',
      title: 'Write a file',
      description:
        'Writes a whole shared file that your agent has locked (acquire_file_lock). In the place of one that is there you name the sha256 that you read, so that nothing is lost that others wrote.',
      effect: 'destroys',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        ...writer,
        content: z.string(),
        encoding,
        sha256: sha256.optional().describe('Of what is there now, as it was read; left out for a new file.'),
      }),
      output: written,
      call: ({ content, encoding: how, sha256: known, ...args }, { caller, deps }) =>
        deps.files.write(nameOf(args), bytesOf(content, how), known, writerOf(args, caller)),
      text: wroteText,
    }),
    agentTool(running, {
      name: 'file_edit',
      title: 'Edit a file',
      description:
        'Replaces pieces of a shared file that your agent has locked (acquire_file_lock). Each piece must be there exactly once.',
      effect: 'destroys',
      actor: 'agent_id',
      input: z.strictObject({
        ...writer,
        edits: z
          .array(z.strictObject({ old_text: z.string().min(1), new_text: z.string() }))
          .min(1)
          .max(MAX_EDITS)
          .describe('One after the other; all or none.'),
        sha256: sha256.optional().describe('As it was read: refuses the edit when others changed the file.'),
      }),
      output: written,
      call: ({ edits, sha256: known, ...args }, { caller, deps }) =>
        deps.files.edit(nameOf(args), edits, known, writerOf(args, caller)),
      text: wroteText,
    }),
    agentTool(running, {
      name: 'file_move',
      title: 'Move a file',
      description:
        'Gives a shared file another name; your agent has both locked (acquire_file_lock with paths). Never over another file.',
      effect: 'destroys',
      actor: 'agent_id',
      input: z.strictObject({ ...writer, to: path.describe('The new path.') }),
      output: written,
      call: ({ to, ...args }, { caller, deps }) => deps.files.move(nameOf(args), to, writerOf(args, caller)),
      text: wroteText,
    }),
  ];
}

function nameOf({
  path: where,
  space: root,
}: {
  readonly path: string;
  readonly space?: string | undefined;
}): FileName {
  return { path: where, space: root };
}

function writerOf(
  { agent_id: id, fence }: { readonly agent_id: string; readonly fence?: number | undefined },
  by: Caller,
): WriterOf {
  return { agentId: id, fence, by };
}

function bytesOf(content: string, encoding: 'utf8' | 'base64'): Buffer {
  if (encoding === 'base64' && !BASE64.test(content))
    throw new AppError('invalid_params', 'content is no base64; give it as text, or encode it.');
  if (encoding === 'utf8' && !content.isWellFormed())
    throw new AppError('invalid_params', 'content has half of a surrogate pair; give whole characters.');
  return Buffer.from(content, encoding);
}
