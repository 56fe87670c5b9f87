// Messages that mean one thing here and another thing to a reader that does not tell `Name` from `name`. What would be
// checked is not what would be done, so they go to nobody.

import { type Lookalike, type Message, spanText } from '@tutti/wire';

/** What is wrong with the message, for people. */
export function ambiguous({ bytes }: Message, { key, name }: Lookalike): string {
  return `The member ${spanText(bytes, key)} could be taken for "${name}" by a reader that ignores the case of letters: send "${name}", or leave it out.`;
}
