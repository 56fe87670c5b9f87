// Native documents are what the schema reads; nothing is said again.

import { API_VERSION, KINDS } from '@tutti/schemas';
import type { FieldNote, ReadFormat } from './format.ts';

export const readNative: ReadFormat = (document) => [
  { document, at: [], toFileField: (field) => field, warnings: [] },
];

/** Why a document is none that this version reads, by its first two fields. */
export function unknownDocument(document: Readonly<Record<string, unknown>>): FieldNote | undefined {
  const head: Readonly<Record<string, readonly string[]>> = { apiVersion: [API_VERSION], kind: KINDS };
  for (const [name, known] of Object.entries(head)) {
    const value = document[name];
    const advice = `write ${known.map((one) => `\`${name}: ${one}\``).join(' or ')}`;
    if (value === undefined) return { field: [], message: `\`${name}\` is missing; ${advice}` };
    if (typeof value !== 'string') return { field: [name], message: `must be text; ${advice}` };
    if (!known.includes(value))
      return { field: [name], message: `\`${value}\` is not supported by this version; ${advice}` };
  }
  return undefined;
}
