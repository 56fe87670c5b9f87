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

/** One text with its references resolved; `missing` are the names that nothing gives a value. */
export function resolveText(
  text: string,
  sources: VariableSources,
): { readonly text: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const lookup: Lookup = (name) => own(sources.secrets, name) ?? own(sources.environment, name);
  return { text: replaceReferences(text, lookup, (name) => missing.push(name)), missing };
}

function replaceReferences(
  text: string,
  lookup: Lookup,
  missing: (name: string) => void,
  used?: Map<string, string>,
): string {
  return text.replaceAll(
    REFERENCE,
    (whole: string, name: string | undefined, fallback: string | undefined) => {
      if (whole === '$${') return '${';
      const given = name === undefined ? undefined : lookup(name);
      if (name !== undefined && given !== undefined) used?.set(name, given);
      const value = given ?? fallback;
      if (value === undefined) missing(name ?? whole);
      return value ?? whole;
    },
  );
}

export function resolveVariables(spec: McpServerSpec, sources: VariableSources): ResolvedSpec {
  const missing: MissingVariable[] = [];
  const used = new Map<string, string>();
  const outer: Lookup = (name) => own(sources.secrets, name) ?? own(sources.environment, name);
  const resolve = (text: string, lookup: Lookup, field: FieldPath): string =>
    replaceReferences(text, lookup, (name) => missing.push({ name, field }), used);
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

function own(record: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
