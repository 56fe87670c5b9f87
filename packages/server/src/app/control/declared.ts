// What is declared over the API: as it is stored, and as the desired state has it. Each document is a scope of its own,
// read again at every start: one that this version does not take keeps its server out and is a problem to be seen.

import { join } from 'node:path';
import type { ApiResourceKind } from '@tutti/schemas';
import { isRecord } from '../../resources/is-record.ts';
import { apiPath } from '../../resources/origin.ts';
import type { Problem } from '../../resources/problem.ts';
import { readDocuments } from '../../resources/read-documents.ts';
import type { ResourceStore, ScopeContent } from '../../resources/store.ts';
import type { Suspension } from '../../resources/suspension.ts';
import type { StoredDocument } from '../../resources/stored/stored-resources.ts';

export interface Declared {
  readonly size: number;
  get(id: string): StoredDocument | undefined;
  list(): readonly (StoredDocument & { readonly problems: readonly Problem[] })[];
  ids(): Iterable<string>;
  /** Puts documents into force and takes others (null) out of it, at once with what is commanded beside them. */
  put(
    documents: ReadonlyMap<string, StoredDocument | null>,
    suspensions?: ReadonlyMap<string, Suspension>,
  ): void;
}

/** `folder` is where relative folders start; what is stored has none. */
export function createDeclared({
  store,
  folder,
}: {
  readonly store: ResourceStore;
  readonly folder: string;
}): Declared {
  const entries = new Map<string, { readonly document: StoredDocument; readonly content: ScopeContent }>();
  return {
    get size() {
      return entries.size;
    },
    get: (id) => entries.get(id)?.document,
    list: () =>
      [...entries.values()].map(({ document, content: { problems } }) => ({ ...document, problems })),
    ids: () => entries.keys(),
    put(documents, suspensions) {
      const changes = new Map<string, ScopeContent | null>();
      for (const [id, document] of documents) {
        const content = document && contentOf(document, folder);
        if (document === null || content === null) entries.delete(id);
        else entries.set(id, { document, content });
        changes.set(apiPath(id), content);
      }
      if (changes.size > 0 || suspensions !== undefined) store.apply(changes, suspensions);
    },
  };
}

/** What a document declares. `folder` is where relative folders start. */
export function contentOf(
  { id, text, by }: Omit<StoredDocument, 'changedAtMs'>,
  folder: string,
): ScopeContent {
  return readDocuments(join(folder, 'stored.json'), text, { api: { by, path: apiPath(id) } });
}

/** `MCPServer/github` in its parts. */
export function partsOf(id: string): { readonly kind: ApiResourceKind; readonly name: string } {
  const [kind, name = ''] = id.split('/', 2);
  return { kind: kind === 'Toolset' ? kind : 'MCPServer', name };
}

/** The text of a stored document that says of a server whether it is suspended. */
export function withSuspended(text: string, suspended: boolean): string {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document) || !isRecord(document['spec'])) return text;
  const { suspended: _before, ...spec } = document['spec'];
  return JSON.stringify({ ...document, spec: suspended ? { ...spec, suspended } : spec });
}
