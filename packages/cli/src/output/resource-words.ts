// How resources and the places that declare them read.

import type { ApiOrigin, ApiResource } from '@tutti/schemas';
import type { CliContext } from '../context.ts';
import { pathFromHere } from '../declarations.ts';
import { oneLine } from './printable.ts';

const MAX_NOTE_WIDTH = 100;

export const RESOURCE_HEADER = ['KIND', 'NAME', 'STATE', 'DECLARED IN', 'NOTE'] as const;

export function resourceRow(resource: ApiResource, context: CliContext): string[] {
  return [
    resource.kind,
    resource.name,
    resource.suspended === true ? 'Suspended' : resource.state,
    originText(resource.origin, context),
    oneLine(noteOf(resource), MAX_NOTE_WIDTH),
  ];
}

function noteOf({ message, suspension }: ApiResource): string {
  if (message !== undefined) return message;
  if (suspension === undefined) return '';
  const { suspended, by, since } = suspension;
  return `${suspended ? 'suspended' : 'resumed'} by ${by}, ${since}`;
}

/** `tutti.yaml:3`, as editors and terminals know it; `team:a.json:1 (commit 1a2b3c4)` in a repository. */
export function originText({ source, name, commit, file, line, by }: ApiOrigin, context: CliContext): string {
  if (file === undefined) return by === undefined ? source : `the ${source.toUpperCase()}, by ${by}`;
  const path = name === undefined ? pathFromHere(context, file) : `${name}:${file}`;
  const place = [path, ...(line === undefined ? [] : [line])].join(':');
  return commit === undefined ? place : `${place} (commit ${commit.slice(0, 7)})`;
}
