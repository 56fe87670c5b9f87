// Joins what is declared with what its variables come to in this process: what the reconciler is to make true, and what
// the dialer starts and dials.

import type { McpServerSpec, Origin } from '@tutti/schemas';
import type { Desired, DesiredServers } from '../reconcile/mcp-server/desired.ts';
import { digestOf } from '../resources/digest.ts';
import { pathOf } from '../resources/origin.ts';
import { httpPortConflicts, type PortConflict } from '../resources/port-conflicts.ts';
import type { Problem } from '../resources/problem.ts';
import { unresolvedMessage } from '../resources/resolved-issues.ts';
import type { ResourceStore, StoredServer } from '../resources/store.ts';
import { resolveVariables } from '../resources/variables.ts';
import { serverPrefix } from '../snapshot/names.ts';
import type { FamilyMembership } from '../snapshot/types.ts';
import type { Redactor } from '../telemetry/redactor.ts';
import type { Variables } from './allowed-environment.ts';

/** What a process or a connection is made from: with other values it is another one. */
export const IDENTITY_FIELDS = [
  'command',
  'args',
  'env',
  'workdir',
  'url',
  'headers',
  'httpPort',
  'type',
] as const satisfies readonly (keyof McpServerSpec)[];

export interface Launchable extends Desired {
  /** Variables resolved; holds secrets. */
  readonly spec: McpServerSpec;
  /** Where a remote server is dialled, by way of a proxy; undefined: at its own url. */
  readonly dialUrl?: string | undefined;
}

export interface LaunchableServers extends DesiredServers {
  list(): readonly Launchable[];
  get(name: string): Launchable | undefined;
  /** Why servers that are declared well are Blocked all the same. */
  problems(): readonly Problem[];
}

export interface LaunchableServersDeps {
  readonly store: ResourceStore;
  /** What declarations of an origin may see of the environment; the same object as long as it holds the same. */
  readonly environmentOf: (origin: Origin) => Variables;
  readonly redactor: Pick<Redactor, 'set'>;
  /** Where a proxy has a remote server. */
  readonly proxyUrl?: (server: string) => string | undefined;
}

export function createLaunchableServers({
  store,
  environmentOf,
  redactor,
  proxyUrl = () => undefined,
}: LaunchableServersDeps): LaunchableServers {
  const resolved = new WeakMap<
    StoredServer,
    { readonly made: Launchable; readonly environment: Variables }
  >();
  const listeners = new Set<(name: string) => void>();
  let conflicts = findConflicts();
  let { toolPrefix, pins } = store.settings();
  let proxied = proxyUrl('');

  function findConflicts(): ReadonlyMap<string, PortConflict> {
    const resources = store.list().map(({ resource }) => resource);
    return new Map(httpPortConflicts(resources).map((one) => [one.resource.name, one]));
  }

  store.watch((names) => {
    const before = conflicts;
    conflicts = findConflicts();
    // A port that was given up is news for the one that waits for it.
    const affected = new Set(names);
    for (const name of new Set([...before.keys(), ...conflicts.keys()]))
      if (before.get(name)?.message !== conflicts.get(name)?.message) affected.add(name);
    // So is a new prefix of all names for everybody.
    if (toolPrefix !== store.settings().toolPrefix)
      for (const { resource } of store.list()) affected.add(resource.name);
    // So is another policy for those that have none of their own.
    if (pins !== store.settings().pins)
      for (const { resource } of store.list())
        if (resource.spec.pins === undefined) affected.add(resource.name);
    ({ toolPrefix, pins } = store.settings());
    // And another proxy for those that are dialled.
    if (proxied !== proxyUrl(''))
      for (const { resource } of store.list()) if (isRemote(resource.spec)) affected.add(resource.name);
    proxied = proxyUrl('');
    // So is a variable that they may or may not see any more.
    for (const stored of store.list()) {
      const known = resolved.get(stored);
      if (known !== undefined && known.environment !== environmentOf(stored.resource.origin))
        affected.add(stored.resource.name);
    }
    for (const name of affected) {
      if (store.get(name) === undefined) redactor.set(name, []);
      for (const listener of listeners) listener(name);
    }
  });

  function launchable(stored: StoredServer): Launchable {
    const { resource } = stored;
    const message = conflicts.get(resource.name)?.message;
    const conflict = message === undefined ? undefined : `httpPort: ${message}`;
    const known = resolved.get(stored);
    const prefix = serverPrefix(toolPrefix, resource.spec.toolPrefix ?? resource.name);
    const dialUrl = isRemote(resource.spec) ? proxyUrl(resource.name) : undefined;
    const family = membership(resource.spec.family, toolPrefix);
    const environment = environmentOf(resource.origin);
    const policy = resource.spec.pins ?? pins;
    if (
      known !== undefined &&
      known.environment === environment &&
      known.made.conflict === conflict &&
      known.made.prefix === prefix &&
      known.made.dialUrl === dialUrl &&
      known.made.pins === policy &&
      known.made.family?.prefix === family?.prefix
    )
      return known.made;
    const { spec, unresolved, used } = resolveVariables(resource.spec, { secrets: {}, environment });
    const { env, headers } = spec;
    const secrets = secretsAmong([...used, ...Object.entries(env), ...Object.entries(headers)]);
    const made: Launchable = {
      resource,
      prefix,
      pins: policy,
      ...(family !== undefined && { family }),
      ...(stored.suspension !== undefined && { suspension: stored.suspension }),
      spec,
      dialUrl,
      unresolved,
      conflict,
      identityDigest: digestOf({
        ...Object.fromEntries(IDENTITY_FIELDS.map((field) => [field, spec[field]])),
        dialUrl,
      }),
      secrets,
    };
    redactor.set(resource.name, secrets);
    resolved.set(stored, { made, environment });
    return made;
  }

  return {
    list: () => store.list().map(launchable),
    get(name) {
      const stored = store.get(name);
      return stored === undefined ? undefined : launchable(stored);
    },
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    problems: () =>
      store.list().flatMap((stored) => {
        const { resource, unresolved } = launchable(stored);
        const { origin, name } = resource;
        const conflict = conflicts.get(name)?.message;
        const problem = { path: pathOf(origin), line: origin.line, column: 1, severity: 'error' } as const;
        return [
          ...unresolved.map((variable) => ({ ...problem, message: unresolvedMessage(variable, origin) })),
          ...(conflict === undefined ? [] : [{ ...problem, field: 'httpPort', message: conflict }]),
        ];
      }),
  };
}

function isRemote({ url, command }: McpServerSpec): boolean {
  return url !== undefined && command === undefined;
}

function membership(family: McpServerSpec['family'], toolPrefix: string): FamilyMembership | undefined {
  return family && { ...family, prefix: serverPrefix(toolPrefix, family.name) };
}

const SECRET_NAME = /key|token|secret|password|passwd|credential|auth|private/i;

/** Values whose names say that they are secret; masking every value would make logs unreadable. */
function secretsAmong(values: readonly (readonly [name: string, value: string])[]): string[] {
  return values.filter(([name]) => hasSecretName(name)).map(([, value]) => value);
}

/** Whether what goes by the name is likely to be secret. */
export function hasSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}
