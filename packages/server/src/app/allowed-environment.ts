// What declarations may see of Tutti's environment. Those of this machine's files see all of it: whoever writes them
// could read it anyway. Those of a repository see what their Source allows, by name.

import type { Origin, SourceResource } from '@tutti/schemas';

export type Variables = Readonly<Record<string, string | undefined>>;

const NOTHING: Variables = {};

/** What it returns for one origin is the same object as long as it holds the same. */
export function createAllowedEnvironment(deps: {
  readonly environment: Variables;
  readonly sources: () => readonly SourceResource[];
}): (origin: Origin) => Variables {
  const made = new Map<string, { readonly names: string; readonly variables: Variables }>();
  return (origin) => {
    if (origin.kind === 'file') return deps.environment;
    const source = deps.sources().find(({ name }) => name === origin.source);
    if (source === undefined) return NOTHING;
    const { envAllow } = source.spec.git;
    const names = envAllow.join();
    const known = made.get(source.name);
    if (known?.names === names) return known.variables;
    const variables = Object.fromEntries(envAllow.map((name) => [name, deps.environment[name]]));
    made.set(source.name, { names, variables });
    return variables;
  };
}
