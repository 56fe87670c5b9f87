// Asks one of several hosts, any of which may be gone: what it answers, or that nobody knows.

import { z } from 'zod';

/** Longer than anything that answers takes. */
const ANSWER_MS = 6_000;

export type Answer =
  | { readonly kind: 'done'; readonly value: unknown }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly why: string | undefined;
      readonly message: string;
    }
  | { readonly kind: 'unknown' };

const AnswerSchema = z.union([
  z.object({ error: z.object({ code: z.string(), message: z.string(), kind: z.string().optional() }) }),
  z.object({ value: z.unknown() }),
]);
/** Errors after which it may have happened, or will be otherwise soon. */
const PASSING = ['unavailable', 'timeout', 'outcome_unknown', 'overloaded', 'cancelled'];

/** Ports of the hosts, of which some may have gone. */
export type Ports = () => readonly number[];

export async function ask(port: number | undefined, op: string, args: object): Promise<Answer> {
  if (port === undefined) return { kind: 'unknown' };
  try {
    const response = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      body: JSON.stringify({ op, args }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const answer = AnswerSchema.parse(await response.json());
    if (!('error' in answer)) return { kind: 'done', value: answer.value };
    const { code, message, kind } = answer.error;
    return PASSING.includes(code) ? { kind: 'unknown' } : { kind: 'refused', code, why: kind, message };
  } catch {
    return { kind: 'unknown' };
  }
}
