// JSON text in a form that is equal for equal values: no white space, members by name, strings spelled in one way. A
// number stays as it is written, so that two that only a double can't tell apart stay two.

import { arrayItems, objectEntries, type Span, spanText, stringValue } from '@tutti/wire';

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** `span` holds one valid value. */
export function canonicalJson(bytes: Buffer, span: Span): string {
  const first = bytes[span.start];
  if (first === OPEN_BRACE) {
    // Of a repeated name the last one counts.
    const members = new Map(objectEntries(bytes, span).map(({ key, value }) => [key, value]));
    const texts = [...members.keys()].sort().map((key) => {
      const value = members.get(key);
      return `${JSON.stringify(key)}:${value === undefined ? 'null' : canonicalJson(bytes, value)}`;
    });
    return `{${texts.join(',')}}`;
  }
  if (first === OPEN_BRACKET)
    return `[${arrayItems(bytes, span)
      .map((item) => canonicalJson(bytes, item))
      .join(',')}]`;
  const text = stringValue(bytes, span);
  return text === undefined ? spanText(bytes, span) : JSON.stringify(text);
}
