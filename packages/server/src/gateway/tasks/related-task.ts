// `_meta["io.modelcontextprotocol/related-task"]`, by which the legacy era ties a message to a task. It stands in the
// params or the result, here called the object, and names the task by the handle towards clients and by the server's own
// id towards the server.

import {
  cutMembers,
  ENVELOPE,
  insertMembers,
  type Member,
  objectEntries,
  objectMembers,
  replaceSpan,
  type Span,
  splice,
} from '@tutti/wire';
import { findTaskId } from './task-text.ts';

const META: ReadonlySet<string> = new Set(['_meta']);
const RELATED: ReadonlySet<string> = new Set([ENVELOPE.relatedTask]);

interface Places {
  readonly meta: Member | undefined;
  readonly related: Member | undefined;
}

function find(json: Buffer, object: Span): Places {
  const meta = objectMembers(json, object, META).get('_meta');
  if (meta === undefined || json[meta.start] !== 0x7b) return { meta: undefined, related: undefined };
  return { meta, related: objectMembers(json, meta, RELATED).get(ENVELOPE.relatedTask) };
}

function whole(json: Buffer): Span {
  return { start: 0, end: json.length };
}

/** The object names the task; it did so before or not. What is no object stays as it is. */
export function withRelatedTask(json: Buffer, idText: string): Buffer {
  if (json[0] !== 0x7b) return json;
  const { meta, related } = find(json, whole(json));
  const value = `{"taskId":${idText}}`;
  if (related !== undefined) return splice(json, [replaceSpan(related, value)]);
  const member = `"${ENVELOPE.relatedTask}":${value}`;
  if (meta !== undefined) return splice(json, [insertMembers(meta, member)]);
  return splice(json, [insertMembers(whole(json), `"_meta":{${member}}`)]);
}

/** The object names the task by another id, if it names one at all. */
export function renameRelatedTask(json: Buffer, idText: string): Buffer {
  const { related } = find(json, whole(json));
  const found = related === undefined ? undefined : findTaskId(json, related);
  return found === undefined ? json : splice(json, [replaceSpan(found.place, idText)]);
}

/** The object without the naming of a task; `_meta` goes with it when nothing else is in it. */
export function withoutRelatedTask(json: Buffer): Buffer {
  const { meta, related } = find(json, whole(json));
  if (meta === undefined || related === undefined) return json;
  const alone = objectEntries(json, meta).every(({ key }) => key === ENVELOPE.relatedTask);
  return splice(json, cutMembers(json, [alone ? meta : related]));
}
