// A session of an earlier run comes back with the first request that carries its id: as it was, with its subscriptions
// taken up again. Its client is told to list again where the catalog is not the one that it knows; roots are asked for
// anew by whichever server wants them.

import { notification } from '@tutti/wire';
import type { Access } from '../../policy/access.ts';
import type { Core } from '../core.ts';
import type { SessionRecord } from '../ports.ts';
import { LIST_CHANGED } from '../protocol/methods.ts';
import type { View } from '../routing/view.ts';
import { catalogOf } from './kept.ts';
import type { Session } from './session.ts';

export function reviveInto(core: Core, session: Session, record: SessionRecord): void {
  session.logLevel = record.logLevel;
  for (const uri of record.subscriptions) {
    const target = session.view.resource(uri);
    const held = target && core.pool.slot(target.server)?.watch.subscribe(target.uri);
    if (target === undefined || held === undefined) continue;
    const subscribed = { ...target, held };
    session.subscriptions.set(uri, subscribed);
    void held.outcome.then(({ kind }) => {
      if (kind !== 'subscribed' && session.subscriptions.get(uri) === subscribed)
        session.subscriptions.delete(uri);
    });
  }
  if (record.catalog === catalogOf(session.view)) return;
  for (const list of ['tools', 'prompts', 'resources'] as const)
    session.push(notification(LIST_CHANGED[list]));
}

/** What a session is made of again. */
export function revivedOptions(record: SessionRecord, view: View, { principal, credentials }: Access) {
  return {
    principal: principal.id,
    roles: principal.roles,
    credentials,
    view,
    isKept: true,
    protocolVersion: record.protocolVersion,
    asked: record.asked,
    capabilities: record.capabilities,
    clientInfo: record.clientInfo,
    createdMs: record.createdMs,
  };
}
