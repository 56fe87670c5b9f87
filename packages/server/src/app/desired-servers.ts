// Joins what is declared with what its variables come to in this process: what the reconciler is to make true, and what
// the dialer starts and dials.

import type { McpServerSpec } from '@tutti/schemas';
import type { Desired, DesiredServers } from '../reconcile/mcp-server/desired.ts';
import { digestOf } from '../resources/digest.ts';
import type { ResourceStore, StoredServer } from '../resources/store.ts';
import { resolveVariables } from '../resources/variables.ts';
import type { Redactor } from '../telemetry/redactor.ts';

export interface Launchable extends Desired {
  /** Variables resolved; holds secrets. */
  readonly spec: McpServerSpec;
}

export interface LaunchableServers extends DesiredServers {
  list(): readonly Launchable[];
  get(name: string): Launchable | undefined;
}

export interface LaunchableServersDeps {
  readonly store: ResourceStore;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
}

export function createLaunchableServers({
  store,
  environment,
  redactor,
}: LaunchableServersDeps): LaunchableServers {
  const resolved = new WeakMap<StoredServer, Launchable>();

  function launchable(stored: StoredServer): Launchable {
    const known = resolved.get(stored);
    if (known !== undefined) return known;
    const { resource } = stored;
    const { spec, unresolved, used } = resolveVariables(resource.spec, { secrets: {}, environment });
    const { command, args, env, workdir, url, headers, httpPort, type } = spec;
    const secrets = secretsAmong([...used, ...Object.entries(env), ...Object.entries(headers)]);
    const made: Launchable = {
      resource,
      spec,
      unresolved,
      identityDigest: digestOf({ command, args, env, workdir, url, headers, httpPort, type }),
      secrets,
    };
    redactor.set(resource.name, secrets);
    resolved.set(stored, made);
    return made;
  }

  return {
    list: () => store.list().map(launchable),
    get(name) {
      const stored = store.get(name);
      return stored === undefined ? undefined : launchable(stored);
    },
    watch: (listener) =>
      store.watch((names) => {
        for (const name of names) {
          if (store.get(name) === undefined) redactor.set(name, []);
          listener(name);
        }
      }),
  };
}

const SECRET_NAME = /key|token|secret|password|passwd|credential|auth|private/i;

/** Values whose names say that they are secret; masking every value would make logs unreadable. */
function secretsAmong(values: readonly (readonly [name: string, value: string])[]): string[] {
  return values.filter(([name]) => SECRET_NAME.test(name)).map(([, value]) => value);
}
