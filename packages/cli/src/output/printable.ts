// Text from elsewhere, made harmless for a terminal: a server may write what it likes, but not move the cursor.

import { stripVTControlCharacters } from 'node:util';

/** Without escape sequences and control characters; line ends and tabs stay. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, (char) =>
    char === '\n' || char === '\t' ? char : '',
  );
}

/** On one line, cut to the width. */
export function oneLine(text: string, width: number): string {
  const flat = printable(text.replaceAll(/\s+/g, ' ')).trim();
  return flat.length <= width ? flat : `${flat.slice(0, Math.max(0, width - 1))}…`;
}
