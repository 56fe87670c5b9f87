// Documents from a caller, read by the code that reads files, into what is stored: one native document each, as JSON,
// that means the same wherever and whenever it is read again. Pure.

import { extname, join } from 'node:path';
import type { ApiResourceKind } from '@tutti/schemas';
import type { Declared } from '../../resources/check-draft.ts';
import { isRecord } from '../../resources/is-record.ts';
import type { Position, Problem } from '../../resources/problem.ts';
import { readDocuments } from '../../resources/read-documents.ts';
import { EXTENSIONS } from '../../resources/read-text.ts';
import type { Documents } from './control.ts';

export interface Incoming {
  readonly id: string;
  readonly kind: ApiResourceKind;
  readonly name: string;
  /** A native document as JSON. */
  readonly text: string;
  /** Where its name stands in what was given. */
  readonly place: Position & { readonly field?: string };
  /** Whether it says in so many words if the server is suspended. */
  readonly saysSuspended: boolean;
}

export interface ReadIncoming {
  /** What messages call the text. */
  readonly path: string;
  readonly resources: readonly Incoming[];
  readonly problems: readonly Problem[];
}

export function idOf(kind: ApiResourceKind, name: string): string {
  return `${kind}/${name}`;
}

/** `folder` is where relative folders start. */
export function readIncoming(
  given: Documents,
  { folder, by }: { readonly folder: string; readonly by: string },
): ReadIncoming {
  const text = 'text' in given ? given.text : JSON.stringify(given.documents);
  const shown = given.path ?? '-';
  const file = join(folder, `documents${extensionOf(shown, text)}`);
  const { declared, declaredToolsets, problems } = readDocuments(file, text, { api: { by, path: shown } });
  return {
    path: shown,
    resources: [
      ...declared.map((one) => incoming('MCPServer', one, one.resource.spec.workdir)),
      ...declaredToolsets.map((one) => incoming('Toolset', one, undefined)),
    ],
    problems,
  };
}

function extensionOf(path: string, text: string): string {
  const extension = extname(path).toLowerCase();
  if (EXTENSIONS.includes(extension)) return extension;
  return /^\s*[[{]/.test(text) ? '.json' : '.yaml';
}

function incoming(
  kind: ApiResourceKind,
  declared: Declared<{ readonly name: string }>,
  workdir: string | undefined,
): Incoming {
  const {
    resource: { name },
    document,
  } = declared;
  const { $schema: _editors, spec, ...rest } = isRecord(document) ? document : {};
  const fields = isRecord(spec) ? spec : {};
  const stored = { ...rest, spec: { ...fields, ...(workdir !== undefined && { workdir }) } };
  return {
    id: idOf(kind, name),
    kind,
    name,
    text: JSON.stringify(stored),
    place: declared.place(['metadata', 'name']),
    saysSuspended: fields['suspended'] !== undefined,
  };
}
