// Which tools of a server are to be seen. A blocked tool is neither listed nor callable.

import { z } from 'zod';

export const MAX_FILTER_PATTERNS = 1_000;

export const toolFilterSchema = z.strictObject({
  mode: z.enum(['allow', 'deny']).describe('`allow` shows only what matches; `deny` hides what matches.'),
  patterns: z
    .array(z.string().min(1))
    .max(MAX_FILTER_PATTERNS)
    .describe("Globs over the server's own tool names: `*` is any text, `?` is one character."),
});

export interface ToolFilter {
  readonly mode: 'allow' | 'deny';
  readonly patterns: readonly string[];
}

/** Whether a tool, by the name that its server gave it, passes the filter. No filter lets everything pass. */
export function isToolAllowed(filter: ToolFilter | undefined, toolName: string): boolean {
  if (filter === undefined) return true;
  const matches = filter.patterns.some((pattern) => matchesGlob(pattern, toolName));
  return filter.mode === 'allow' ? matches : !matches;
}

/** Glob match in time linear in practice: on a mismatch only the last `*` is widened, so no input can make it explode. */
export function matchesGlob(pattern: string, text: string): boolean {
  if (pattern === '*' || pattern === text) return true;
  let p = 0;
  let t = 0;
  let starAt = -1;
  let starText = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      starAt = p++;
      starText = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      t = ++starText;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
