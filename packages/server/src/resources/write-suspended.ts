// A file's text, changed so that it declares a server as suspended or not, in the words of its own format. Only what
// comes out right when it is read again is given back. Pure.

import type { McpServerResource } from '@tutti/schemas';
import { digestOf } from './digest.ts';
import { readDocuments } from './read-documents.ts';
import type { Edit } from './text/parsed-text.ts';

export type Rewritten =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

const BOM = '\uFEFF';

export function writeSuspended(
  path: string,
  text: string,
  { server, suspended }: { readonly server: string; readonly suspended: boolean },
): Rewritten {
  const bom = text.startsWith(BOM) ? BOM : '';
  const bare = text.slice(bom.length);
  const before = readDocuments(path, bare);
  const found = before.declared.find(({ resource }) => resource.name === server);
  if (found === undefined)
    return failed(
      before.broken === 'all' || before.broken.has(server)
        ? 'the file has errors; mend them'
        : 'the file does not declare it any more',
    );
  if (found.resource.spec.suspended === suspended) return { kind: 'text', text };
  const edits = found.write(['spec', 'suspended'], suspended);
  const after = edits && withEdits(bare, edits);
  if (
    after === undefined ||
    !saysOnlyThat(before.servers, readDocuments(path, after).servers, server, suspended)
  )
    return failed('its format has no place for it, or the file is written in a way that Tutti does not edit');
  return { kind: 'text', text: `${bom}${after}` };
}

function failed(reason: string): Rewritten {
  return { kind: 'failed', reason };
}

function withEdits(text: string, edits: readonly Edit[]): string {
  let after = text;
  for (const { start, end, text: inserted } of edits.toSorted((a, b) => b.start - a.start))
    after = `${after.slice(0, start)}${inserted}${after.slice(end)}`;
  return after;
}

/** Whether what the edited text declares differs in nothing else; lines may have moved. */
function saysOnlyThat(
  before: readonly McpServerResource[],
  after: readonly McpServerResource[],
  server: string,
  suspended: boolean,
): boolean {
  const wanted = before.map((resource) =>
    resource.name === server ? { ...resource, spec: { ...resource.spec, suspended } } : resource,
  );
  return digestOf(wanted.map(withoutPlace)) === digestOf(after.map(withoutPlace));
}

function withoutPlace(resource: McpServerResource): unknown {
  return { ...resource, origin: undefined };
}
