// Text from servers made fit to be shown: one line, bounded, without secrets.

export const MAX_REASON_CHARS = 1_000;
/** A shorter value is no secret, and masking it would garble every text. */
const MIN_SECRET_CHARS = 4;

const MASK = '***';
// Control and format characters (bidirectional overrides among them), line and paragraph separators, half surrogates.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

export function sanitise(text: string, secrets: readonly string[]): string {
  let clean = text;
  // The longest first: one secret may be part of another.
  for (const secret of secrets.toSorted((a, b) => b.length - a.length))
    if (secret.length >= MIN_SECRET_CHARS) clean = clean.replaceAll(secret, MASK);
  clean = clean.replaceAll(UNPRINTABLE, ' ').trim();
  return clean.length <= MAX_REASON_CHARS ? clean : `${clean.slice(0, MAX_REASON_CHARS - 1)}…`;
}
