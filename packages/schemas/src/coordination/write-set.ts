// The files that a task may write, as globs.

import { z } from 'zod';

/** Globs of one task. */
const MAX_WRITE_SET = 64;
const MAX_GLOB_CHARS = 256;

/** `src/*.ts`, `docs/`, `packages/**`: relative to the root that the task works in. */
const WriteGlobSchema = z
  .string()
  .min(1)
  .max(MAX_GLOB_CHARS, `longer than ${MAX_GLOB_CHARS} characters; shorten it`)
  .refine((glob) => !/^(?:\/|[A-Za-z]:)/.test(glob), 'must be relative to the root of the work')
  .refine((glob) => !glob.includes('\\'), 'must have `/` between folders, not `\\`')
  .refine((glob) => !glob.split('/').includes('..'), 'must not leave the root by `..`');

/** `*` inside a name, `**` over folders, `?` one character; a `/` at the end is everything below. */
export const WriteSetSchema = z.array(WriteGlobSchema).max(MAX_WRITE_SET);
