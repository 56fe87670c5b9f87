// Names of agents, tasks and what they speak of, as callers choose them.

import { z } from 'zod';

/** Characters of an id. */
const MAX_ID_CHARS = 128;
const MAX_WORD_CHARS = 128;
/** Capabilities, or tags, of one agent or task. */
export const MAX_WORDS = 64;

/** Visible characters and spaces; no control characters, so that it can stand in a line of a log. */
const VISIBLE = /^[^\p{Cc}\p{Cs}]+$/u;

export const AgentIdSchema = z
  .string()
  .min(1)
  .max(MAX_ID_CHARS)
  .regex(VISIBLE, 'must have visible characters only');

export const TaskIdSchema = z
  .string()
  .min(1)
  .max(MAX_ID_CHARS)
  .regex(VISIBLE, 'must have visible characters only');

/** A capability, a tag, a domain, a role. */
export const WordSchema = z
  .string()
  .min(1)
  .max(MAX_WORD_CHARS)
  .regex(VISIBLE, 'must have visible characters only');

export const WordsSchema = z.array(WordSchema).max(MAX_WORDS);

/** Where none is given. */
export const DEFAULT_DOMAIN = 'default';
