// What every format does: it finds the entries of a file and says each of them again as a native document. Whether
// that document is right is for the one schema to say, so no format checks anything that the schema checks.

import { API_VERSION, toServerName } from '@tutti/schemas';
import { isRecord } from '../is-record.ts';
import type { FieldPath } from '../problem.ts';

export type FormatName =
  | 'native'
  | 'mcp-servers'
  | 'vscode'
  | 'codex'
  | 'server-json'
  | 'metamcp'
  | 'executor'
  | 'conductor';

export interface FieldNote {
  /** As the file writes it. */
  readonly field: FieldPath;
  readonly message: string;
}

export interface Draft {
  /** The entry as a native document, not yet checked. */
  readonly document: unknown;
  /** Where the entry stands in its file. */
  readonly at: FieldPath;
  /** The field of the file that a field of the native document comes from. */
  toFileField(field: FieldPath): FieldPath;
  readonly warnings: readonly FieldNote[];
}

/** Reads the entries of a value whose shape is this format's. `folder` is the one that the file stands in. */
export type ReadFormat = (value: Readonly<Record<string, unknown>>, folder: string) => readonly Draft[];

/** The annotation that keeps a name which could not stay as it was. */
export const ORIGINAL_NAME = 'tutti.dev/original-name';
/** The key of `metadata` under which stands what a foreign format has beyond ours. */
export const IMPORTED = 'tutti.dev/imported';

export interface ForeignEntry {
  readonly format: FormatName;
  readonly at: FieldPath;
  readonly name: unknown;
  readonly nameAt: FieldPath;
  /** In the fields of ours; undefined ones are as if absent. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Fields that this format calls otherwise: `health.startupTimeout` → the place below the entry. */
  readonly names?: Readonly<Record<string, FieldPath>>;
  /** What the format has beyond ours; kept. */
  readonly extras: Readonly<Record<string, unknown>>;
  /** Extras that mean something to another program only, so that nobody misses them here. */
  readonly harmless?: readonly string[];
  readonly warnings?: readonly FieldNote[];
}

export function draftOf(entry: ForeignEntry): Draft {
  const { at, extras, format, name, nameAt, names = {}, harmless = [], warnings = [] } = entry;
  const ownName = typeof name === 'string' ? (toServerName(name) ?? name) : name;
  const spec = Object.fromEntries(Object.entries(entry.spec).filter(([, value]) => value !== undefined));
  const { metadata = {} } = spec;
  if (isRecord(metadata) && Object.keys(extras).length > 0)
    spec['metadata'] = { ...metadata, [IMPORTED]: { format, fields: extras } };
  return {
    document: {
      apiVersion: API_VERSION,
      kind: 'MCPServer',
      metadata: { name: ownName, annotations: ownName === name ? {} : { [ORIGINAL_NAME]: name } },
      spec,
    },
    at,
    toFileField([top, ...field]) {
      if (top !== 'spec') return nameAt;
      for (let length = field.length; length > 0; length--) {
        const called = names[field.slice(0, length).join('.')];
        if (called !== undefined) return [...at, ...called, ...field.slice(length)];
      }
      return [...at, ...field];
    },
    warnings: [
      ...warnings,
      ...Object.keys(extras)
        .filter((key) => !harmless.includes(key))
        .map((key) => ({ field: [...at, key], message: 'has no effect in Tutti; kept in metadata' })),
    ],
  };
}

/** An entry that is no map stands as the spec just as it is, so that the schema says what is wrong with it. */
export function draftOfNoMap(name: string, entry: unknown, at: FieldPath): Draft {
  const metadata = { name: toServerName(name) ?? name };
  return {
    document: { apiVersion: API_VERSION, kind: 'MCPServer', metadata, spec: entry },
    at,
    toFileField: () => at,
    warnings: [],
  };
}

/** The members of a record that are not among the known ones. */
export function beyond(
  entry: Readonly<Record<string, unknown>>,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !known.includes(key)));
}
