// What a change does to one server, in words. Whether it starts, stops or restarts was decided by the reconciler's own
// steps; here they are only read. Pure.

import type { ApiFieldChange, ApiPlannedServer } from '@tutti/schemas';
import type { Observed } from '../../reconcile/mcp-server/observe.ts';
import type { PreviewedServer } from '../../reconcile/mcp-server/preview.ts';
import { changedFields } from '../../resources/changed-fields.ts';
import { placeOf } from '../../resources/origin.ts';
import { apiOrigin } from '../bindings/sources.ts';
import { IDENTITY_FIELDS, type Launchable } from '../desired-servers.ts';

export interface ServerChange {
  readonly name: string;
  readonly before: Launchable | undefined;
  readonly after: Launchable | undefined;
  readonly previewed: PreviewedServer;
  /** The new name of a server that is the same process under another one. */
  readonly renamedTo?: string | undefined;
  readonly renamedFrom?: string | undefined;
}

/** Undefined for a server that would not notice. */
export function serverChange(change: ServerChange): ApiPlannedServer | undefined {
  const { name, before, after, previewed } = change;
  const runs = isRunning(previewed.before);
  if (after === undefined)
    return {
      name,
      action: runs ? 'stop' : 'remove',
      reason: goneReason(change),
      fields: [],
      toolsKnown: true,
    };
  const fields = before === undefined ? [] : fieldChanges(before, after);
  const planned = {
    name,
    fields,
    toolsKnown: isKnown(after, previewed),
    origin: apiOrigin(after.resource.origin),
  };
  const starts = isStarted(after, previewed);
  const held = heldReason(previewed);
  if (before === undefined) {
    const found = newReason(change, after);
    if (starts) return { ...planned, action: 'start', reason: found };
    return { ...planned, action: 'add', reason: held === undefined ? found : `${found}; ${held}` };
  }
  if (starts) {
    const reason = changeReason(before, after, fields);
    return { ...planned, action: runs ? 'restart' : 'start', reason };
  }
  if (held !== undefined && runs) return { ...planned, action: 'stop', reason: held };
  if (fields.length === 0 && isSameBeside(before, after)) return undefined;
  return { ...planned, action: 'update', reason: updateReason(before, after, fields, runs) };
}

/** What settings of all servers make of one. */
function isSameBeside(before: Launchable, after: Launchable): boolean {
  return before.prefix === after.prefix && before.conflict === after.conflict && before.pins === after.pins;
}

/** Whether a process or a connection is there, or is being tried. */
function isRunning(observed: Observed | undefined): boolean {
  return observed !== undefined && observed.phase !== 'idle';
}

/** A new attempt that this change is the reason of; a retry that is due is none. */
function isStarted(after: Launchable, { steps, before }: PreviewedServer): boolean {
  const dials = steps.some((step) => step.kind === 'dial' && step.fresh);
  return dials && (!isRunning(before) || before?.identity !== after.identityDigest);
}

function heldReason({ steps }: PreviewedServer): string | undefined {
  for (const step of steps) if (step.kind === 'hold' || step.kind === 'rest') return step.admission.reason;
  return undefined;
}

function isKnown({ identityDigest }: Launchable, { after }: PreviewedServer): boolean {
  return after?.discovery?.configDigest === identityDigest;
}

function goneReason({ renamedTo }: ServerChange): string {
  return renamedTo === undefined
    ? 'it is not declared any more'
    : `it is not declared under this name any more; \`${renamedTo}\` is the same command or url`;
}

function newReason({ renamedFrom }: ServerChange, { resource }: Launchable): string {
  const place = placeOf(resource.origin);
  return renamedFrom === undefined
    ? `new in ${place}`
    : `new in ${place}; \`${renamedFrom}\` was the same command or url`;
}

const IDENTITY: ReadonlySet<string> = new Set(IDENTITY_FIELDS);

function fieldChanges(before: Launchable, after: Launchable): ApiFieldChange[] {
  return changedFields(before.resource.spec, after.resource.spec).map(({ field, before, after }) => ({
    field,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    restarts: IDENTITY.has(field.split('.', 1)[0] ?? ''),
  }));
}

function changeReason(before: Launchable, after: Launchable, fields: readonly ApiFieldChange[]): string {
  const own = fields.filter(({ restarts }) => restarts);
  if (before.identityDigest === after.identityDigest)
    return fields.length > 0 ? `${namesOf(fields)} changed` : 'what kept it from running is gone';
  if (own.length > 0) return `${namesOf(own)} changed, which only a new start takes up`;
  return before.dialUrl === after.dialUrl
    ? 'a variable that it uses has another value'
    : 'it is dialled by way of another proxy';
}

function updateReason(
  before: Launchable,
  after: Launchable,
  fields: readonly ApiFieldChange[],
  runs: boolean,
): string {
  const taken = runs ? 'taken up while it runs' : 'it does not run';
  if (fields.length > 0) return `${namesOf(fields)} changed; ${taken}`;
  if (before.pins !== after.pins) return `its tools are under the policy \`pins: ${after.pins}\`; ${taken}`;
  if (before.conflict !== after.conflict) return after.conflict ?? 'its port is free now';
  return `its tools have the prefix \`${after.prefix}\` now; ${taken}`;
}

function namesOf(fields: readonly ApiFieldChange[]): string {
  return fields.map(({ field }) => `\`${field}\``).join(', ');
}
