// What a modern server gets for a question that a legacy client answered. Pure.

import type { Answer } from '../exchange.ts';

const CANCELLED = Buffer.from('{"action":"cancel"}');

/** A dialog that failed is one that nobody answered; undefined: there is no way to say that the client could not. */
export function inputResponse(method: string, answer: Answer): Buffer | undefined {
  if (answer.kind === 'result') return answer.json;
  return method === 'elicitation/create' ? CANCELLED : undefined;
}
