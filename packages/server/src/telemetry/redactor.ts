// Keeps declared secrets out of logs, reasons and everything else that is shown.
// Matching is by value, so that a secret is masked wherever it turns up: in a line of a server, in a field, in JSON.

/** Shorter values are not masked: `1` or `on` would make every line unreadable. */
const MIN_SECRET_LENGTH = 4;
const MASK = '[secret]';

export interface Redactor {
  /** Replaces what is known as secret under the key, a server's name, say; an empty list forgets it. */
  set(key: string, secrets: readonly string[]): void;
  mask(text: string): string;
}

export function createRedactor(): Redactor {
  const byKey = new Map<string, readonly string[]>();
  let pattern: RegExp | undefined;

  return {
    set(key, secrets) {
      if (secrets.length === 0) byKey.delete(key);
      else byKey.set(key, secrets);
      pattern = compile([...byKey.values()].flat());
    },
    mask: (text) => (pattern === undefined ? text : text.replaceAll(pattern, MASK)),
  };
}

function compile(secrets: readonly string[]): RegExp | undefined {
  const forms = new Set(secrets.flatMap(formsOf).filter((form) => form.length >= MIN_SECRET_LENGTH));
  if (forms.size === 0) return undefined;
  // The longest first, so that a secret that contains another one is masked as a whole.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((form) => RegExp.escape(form)).join('|'), 'g');
}

/** The ways one secret shows up: as it is, inside JSON, and line by line when it has several lines. */
function formsOf(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), ...secret.split(/\r?\n/)].map((form) => form.trim());
}
