// All that is declared, in the API's own shape: what is in force, and what came over the API and is not.

import type { ApiResource, ApiSuspension, ToolsetResource } from '@tutti/schemas';
import { apiPath, placeOf } from '../../resources/origin.ts';
import type { ResourceStore, StoredServer } from '../../resources/store.ts';
import type { Suspension } from '../../resources/suspension.ts';
import { apiOrigin } from '../bindings/sources.ts';
import { partsOf, type Declared } from './declared.ts';
import { idOf } from './incoming.ts';

export function shownResources({
  store,
  declared,
}: {
  readonly store: ResourceStore;
  readonly declared: Declared;
}): readonly ApiResource[] {
  const inForce = [
    ...store.list().map(shownServer),
    ...store.toolsets().map(({ resource }) => shownToolset(resource)),
  ];
  const known = new Map(inForce.map((one) => [idOf(one.kind, one.name), one]));
  const others = declared.list().flatMap(({ id, by, problems }): ApiResource[] => {
    const holder = known.get(id);
    if (holder?.origin.source === 'api') return [];
    const { kind, name } = partsOf(id);
    const origin = { source: 'api', by };
    if (holder === undefined) {
      const message = problems.map((problem) => problem.message).join('; ');
      return [{ kind, name, origin, state: 'Invalid', message }];
    }
    const place = placeOfHolder(store, holder);
    const message = `${place} declares the name, too, and goes before the API; delete this one, or remove that one`;
    return [{ kind, name, origin, state: 'Shadowed', message }];
  });
  return [...inForce, ...others].toSorted((a, b) => (idOf(a.kind, a.name) < idOf(b.kind, b.name) ? -1 : 1));
}

function placeOfHolder(store: ResourceStore, { kind, name }: ApiResource): string {
  const origin =
    kind === 'MCPServer'
      ? store.get(name)?.resource.origin
      : store.toolsets().find(({ resource }) => resource.name === name)?.resource.origin;
  return origin === undefined ? apiPath(idOf(kind, name)) : placeOf(origin);
}

function shownServer({ resource, suspension }: StoredServer): ApiResource {
  const { kind, name, origin, spec } = resource;
  return {
    kind,
    name,
    origin: apiOrigin(origin),
    state: 'InForce',
    suspended: spec.suspended,
    ...(suspension !== undefined && { suspension: shownSuspension(suspension) }),
  };
}

function shownToolset({ kind, name, origin }: ToolsetResource): ApiResource {
  return { kind, name, origin: apiOrigin(origin), state: 'InForce' };
}

function shownSuspension({ suspended, by, sinceMs, place }: Suspension): ApiSuspension {
  return {
    suspended,
    by,
    since: new Date(sinceMs).toISOString(),
    place: place === 'declaration' ? place : 'override',
  };
}
