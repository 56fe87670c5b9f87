// What declarations may see of Tutti's environment. Those of this machine's files see all of it: whoever writes them
// could read it anyway. Those of a repository see what their Source allows, by name; those that came over the API see
// what the Gateway allows, as long as files of this machine declare that.

import type { GatewayResource, Origin, SourceResource } from '@tutti/schemas';

export type Variables = Readonly<Record<string, string | undefined>>;

const NOTHING: Variables = {};

/** What it returns for one origin is the same object as long as it holds the same. */
export function createAllowedEnvironment(deps: {
  readonly environment: Variables;
  readonly sources: () => readonly SourceResource[];
  readonly gateway: () => GatewayResource | undefined;
}): (origin: Origin) => Variables {
  const made = new Map<string, { readonly names: string; readonly variables: Variables }>();

  function only(allowed: readonly string[], key: string): Variables {
    const names = allowed.join();
    const known = made.get(key);
    if (known?.names === names) return known.variables;
    const variables = Object.fromEntries(allowed.map((name) => [name, deps.environment[name]]));
    made.set(key, { names, variables });
    return variables;
  }

  return (origin) => {
    switch (origin.kind) {
      case 'file':
        return deps.environment;
      case 'git': {
        const source = deps.sources().find(({ name }) => name === origin.source);
        return source === undefined ? NOTHING : only(source.spec.git.envAllow, `git:${source.name}`);
      }
      case 'api': {
        const gateway = deps.gateway();
        return gateway?.origin.kind === 'file' ? only(gateway.spec.apiEnvAllow, 'api') : NOTHING;
      }
    }
  };
}
