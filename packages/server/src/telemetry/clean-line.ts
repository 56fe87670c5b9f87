// Text that came from outside, made fit to be shown: one line, no terminal sequences, bounded.

import { stripVTControlCharacters } from 'node:util';

export const MAX_LINE_CHARS = 8_192;

// Control characters but the tab, and the two line separators of Unicode.
const UNFIT = /[^\P{Cc}\t]|[\u2028\u2029]/u;
const UNFIT_RUNS = /(?:[^\P{Cc}\t]|[\u2028\u2029])+/gu;

/** Without terminal sequences and control characters. */
export function plainLine(text: string): string {
  if (!UNFIT.test(text)) return text;
  return stripVTControlCharacters(text).replaceAll(UNFIT_RUNS, ' ').trimEnd();
}

export function cutLine(text: string): string {
  return text.length <= MAX_LINE_CHARS ? text : `${text.slice(0, MAX_LINE_CHARS)}… (cut)`;
}
