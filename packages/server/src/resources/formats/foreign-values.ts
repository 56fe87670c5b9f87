// Values of foreign formats in the words of ours. What is of a wrong type passes unchanged: the schema refuses it, at
// the place where it stands.

import type { FieldPath } from '../problem.ts';
import type { FieldNote } from './format.ts';

const TYPES: Readonly<Record<string, string>> = {
  stdio: 'stdio',
  http: 'streamable-http',
  streamablehttp: 'streamable-http',
  sse: 'sse',
};

/** `streamableHttp`, `STREAMABLE_HTTP`, `SSE` … as our type. */
export function foreignType(type: unknown): unknown {
  if (typeof type !== 'string') return type;
  return TYPES[type.toLowerCase().replaceAll(/[-_]/g, '')] ?? type;
}

export function isForeignType(type: unknown): boolean {
  return typeof type === 'string' && Object.values(TYPES).some((own) => own === foreignType(type));
}

/** `enabled: false` and `disabled: true` mean not running; a value that is no boolean stays, to be refused. */
export function foreignSuspended(entry: { readonly enabled?: unknown; readonly disabled?: unknown }): {
  readonly suspended: unknown;
  readonly calledHere: 'enabled' | 'disabled';
} {
  const { enabled, disabled } = entry;
  if (enabled === undefined) return { suspended: disabled, calledHere: 'disabled' };
  if (typeof enabled !== 'boolean') return { suspended: enabled, calledHere: 'enabled' };
  return { suspended: !enabled || disabled === true, calledHere: 'enabled' };
}

const MAX_TIMEOUT_S = 300;

/** A timeout in seconds within our range, with a note when it had to be cut. */
export function foreignTimeout(
  seconds: unknown,
  field: FieldPath,
): { readonly timeout: unknown; readonly notes: readonly FieldNote[] } {
  if (typeof seconds !== 'number' || (seconds >= 1 && seconds <= MAX_TIMEOUT_S))
    return { timeout: seconds, notes: [] };
  const timeout = Math.min(Math.max(seconds, 1), MAX_TIMEOUT_S);
  return { timeout, notes: [{ field, message: `out of range (1s to 300s); ${timeout}s is used` }] };
}

/** One filter of a list of tools to show and a list of tools to hide; names in them are literal. */
export function foreignToolFilter(allowed: unknown, denied: unknown): unknown {
  if (allowed === undefined) return denied === undefined ? undefined : { mode: 'deny', patterns: denied };
  if (!Array.isArray(allowed) || !Array.isArray(denied)) return { mode: 'allow', patterns: allowed };
  return { mode: 'allow', patterns: allowed.filter((tool) => !denied.includes(tool)) };
}

/** Text of a format without variables, so that ours do not read it as one. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${');
}

/** Applies a change to every string of a list or of a map's values; other things stay. */
export function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((entry) => mapStrings(entry, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapStrings(member, change)]));
}
