// How a change of a tool's definition reads. What a server hides in it is made visible: no character without a shape
// passes as nothing.

import type { ApiPin, ApiPinChange } from '@tutti/schemas';
import { relativeTime } from './words.ts';

/** Tools with what changed in them, one under the other. */
export function pinLines(pins: readonly ApiPin[], nowMs: number): string[] {
  return pins.flatMap(({ tool, state, approvedAt, approvedBy = '?', changes }, index) => {
    const since =
      approvedAt === undefined ? '' : `, approved ${relativeTime(approvedAt, nowMs)} by ${approvedBy}`;
    return [
      ...(index === 0 ? [] : ['']),
      `${visible(tool)}: ${state}${visible(since)}`,
      ...(changes?.flatMap(changeLines) ?? ['  too much to show; see it with -o json, tool by tool']),
    ];
  });
}

function changeLines({ path, before, after }: ApiPinChange): string[] {
  const side = (sign: string, text: string | undefined): string[] =>
    text === undefined ? [] : text.split('\n').map((line) => `  ${sign} ${visible(line)}`);
  return [`  ${path === '' ? 'definition' : visible(path)}:`, ...side('-', before), ...side('+', after)];
}

// Control and format characters (bidirectional overrides, zero width, tags), separators, half surrogates, private use.
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{3164}\u{FFA0}\p{Variation_Selector}]/gu;

/** The text with what nobody would see written as its code point. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (char) =>
    char === '\t' ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
