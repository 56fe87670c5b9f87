// A table of plain columns for people. Styles are escape sequences and take no width.

import { stripVTControlCharacters } from 'node:util';

const GAP = '  ';

/** The lines of a table: header first, columns as wide as they need. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
      })
      .join(GAP)
      .trimEnd(),
  );
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
