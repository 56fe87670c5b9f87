// Edits of a text: each replaces one piece of it, which must be there exactly once, so that nothing is changed by mistake.
// Pure.

import { AppError } from '../../kernel/errors.ts';

export interface Edit {
  readonly old_text: string;
  readonly new_text: string;
}

/** One after the other; all or none. */
export function applyEdits(text: string, edits: readonly Edit[], path: string): string {
  let result = text;
  for (const [index, { old_text: old, new_text: next }] of edits.entries()) {
    const at = result.indexOf(old);
    if (at === -1) throw misfit(index, path, 'is not there', 'read the file again');
    if (result.indexOf(old, at + 1) !== -1)
      throw misfit(index, path, 'is there more than once', 'give more of the text around it');
    result = result.slice(0, at) + next + result.slice(at + old.length);
  }
  return result;
}

function misfit(index: number, path: string, what: string, next: string): AppError {
  return new AppError(
    'conflict',
    `edits[${index}].old_text ${what} in ${path}; nothing was changed. Please ${next}.`,
    {
      details: { kind: 'no_match' },
    },
  );
}
