// What becomes of conversations when keys or policies change: those of a principal that is no more end at once, others go
// on with what they may use from now on, and are told that their lists changed. A principal none of whose keys is what it
// was is another one of the same name, and gets nothing of the former.

import { isSameHolder } from '../../policy/access.ts';
import type { Accesses } from '../ports.ts';
import type { AnnouncedList } from '../routing/changed-lists.ts';
import type { View } from '../routing/view.ts';
import type { Views } from '../routing/views.ts';
import type { Listeners } from './listeners.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

export interface FollowAccessesDeps {
  readonly accesses: Pick<Accesses, 'all' | 'byPrincipal'>;
  readonly views: Pick<Views, 'keep'>;
  readonly sessions: Sessions;
  readonly listeners: Listeners;
  /** The same endpoint as the principal may see it now; undefined: not at all any more. */
  viewAgain(view: View, principal: string): View | undefined;
  /** The principal is no more, and what is held for it is nobody's. */
  forget(principal: string): void;
}

const ALL_LISTS: ReadonlySet<AnnouncedList> = new Set(['tools', 'prompts', 'resources']);

/** Called after each change. */
export function createAccessFollower(deps: FollowAccessesDeps): () => void {
  const credentials = (): ReadonlyMap<string, readonly string[]> =>
    new Map(deps.accesses.all().map((access) => [access.principal.id, [...access.credentials]]));
  let known = credentials();
  return () => {
    const before = known;
    known = credentials();
    for (const [principal, had] of before)
      if (!isSameHolder(had, known.get(principal) ?? [])) deps.forget(principal);
    follow(deps);
  };
}

function follow(deps: FollowAccessesDeps): void {
  const { accesses, views, sessions, listeners } = deps;
  const moved = new Map<View, ReadonlySet<AnnouncedList>>();
  for (const session of sessions.all()) {
    const access = accesses.byPrincipal(session.principal);
    const view = access && deps.viewAgain(session.view, session.principal);
    if (
      access === undefined ||
      view === undefined ||
      !isSameHolder(session.credentials, access.credentials)
    ) {
      sessions.end(session);
      continue;
    }
    session.roles = access.principal.roles;
    session.credentials = access.credentials;
    if (view === session.view) continue;
    session.view = view;
    dropSubscriptions(session);
    moved.set(view, ALL_LISTS);
  }
  listeners.changed(moved);
  listeners.accessesChanged();
  views.keep(accesses.all());
}

/** To what it may not see any more. */
function dropSubscriptions({ view, subscriptions }: Session): void {
  for (const [uri, { held }] of subscriptions) {
    if (view.resource(uri) !== undefined) continue;
    held[Symbol.dispose]();
    subscriptions.delete(uri);
  }
}
