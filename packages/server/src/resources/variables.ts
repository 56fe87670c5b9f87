// `${VAR}` and `${VAR:-default}` in a spec. env is resolved first, from secrets and then from the environment, so that
// `"API_KEY": "${API_KEY}"` reads the outer one; command, args, url and headers are resolved against the resolved env
// and then the same two. A value that is set is used, an empty one too. `$${` is a literal `${`. Pure.

import type { McpServerSpec } from '@tutti/schemas';
import type { FieldPath } from './problem.ts';

export interface VariableSources {
  readonly secrets: Readonly<Record<string, string | undefined>>;
  /** What a declaration of this origin may see of the process environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface MissingVariable {
  /** The name, or the text of a reference that is malformed. */
  readonly name: string;
  readonly field: FieldPath;
}

export interface ResolvedSpec {
  /** Holds secrets: for launching and dialling only. Not to be used while names are unresolved. */
  readonly spec: McpServerSpec;
  /** The names that nothing gives a value, sorted, each once. */
  readonly unresolved: readonly string[];
  /** The same, with the fields that use them. */
  readonly missing: readonly MissingVariable[];
  /** The values that were put in, by name: they may be secrets and are never to be shown. */
  readonly used: ReadonlyMap<string, string>;
}

// An escape, a reference with its name and default, or the beginning of something that is no reference.
const REFERENCE = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-((?:(?!\$\{)[^}])*))?\}|\$\{[^}]*\}?/g;

type Lookup = (name: string) => string | undefined;

export function resolveVariables(spec: McpServerSpec, sources: VariableSources): ResolvedSpec {
  const missing: MissingVariable[] = [];
  const used = new Map<string, string>();
  const outer = lookupIn(sources);
  const resolve = (text: string, lookup: Lookup, field: FieldPath): string =>
    replace(text, {
      lookup(name) {
        const given = lookup(name);
        if (given !== undefined) used.set(name, given);
        return given;
      },
      missing: (name) => missing.push({ name, field }),
    });
  const resolveRecord = (record: Readonly<Record<string, string>>, lookup: Lookup, field: string) =>
    Object.fromEntries(
      Object.entries(record).map(([key, text]) => [key, resolve(text, lookup, [field, key])]),
    );

  const env = resolveRecord(spec.env, outer, 'env');
  const inner: Lookup = (name) => own(env, name) ?? outer(name);
  const { command, url } = spec;
  const resolved: McpServerSpec = {
    ...spec,
    env,
    ...(command === undefined ? {} : { command: resolve(command, inner, ['command']) }),
    args: spec.args.map((arg, index) => resolve(arg, inner, ['args', index])),
    ...(url === undefined ? {} : { url: resolve(url, inner, ['url']) }),
    headers: resolveRecord(spec.headers, inner, 'headers'),
  };
  const unresolved = [...new Set(missing.map(({ name }) => name))].sort();
  return { spec: resolved, unresolved, missing, used };
}

/** The text with its variables resolved, and the names that nothing gives a value. */
export function resolveText(
  text: string,
  sources: VariableSources,
): { readonly text: string; readonly unresolved: readonly string[] } {
  const unresolved: string[] = [];
  const resolved = replace(text, {
    lookup: lookupIn(sources),
    missing: (name) => unresolved.push(name),
  });
  return { text: resolved, unresolved };
}

function lookupIn({ secrets, environment }: VariableSources): Lookup {
  return (name) => own(secrets, name) ?? own(environment, name);
}

function replace(
  text: string,
  { lookup, missing }: { readonly lookup: Lookup; readonly missing: (name: string) => void },
): string {
  return text.replaceAll(REFERENCE, (whole: string, name?: string, fallback?: string) => {
    if (whole === '$${') return '${';
    const value = (name === undefined ? undefined : lookup(name)) ?? fallback;
    if (value === undefined) missing(name ?? whole);
    return value ?? whole;
  });
}

function own(record: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
