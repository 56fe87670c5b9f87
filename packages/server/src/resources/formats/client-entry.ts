// One server as MCP clients write it: Claude, Cursor, Cline, Windsurf and VS Code share the shape of an entry.

import { isRecord } from '../is-record.ts';
import type { FieldPath } from '../problem.ts';
import {
  fromEditorVariables,
  inputIds,
  inputVariable,
  workspaceOf,
  type EditorInput,
} from './editor-variables.ts';
import {
  foreignSuspended,
  foreignTimeout,
  foreignToolFilter,
  foreignType,
  mapStrings,
} from './foreign-values.ts';
import { beyond, draftOf, draftOfNoMap, type Draft, type FormatName } from './format.ts';

const KNOWN = [
  'type',
  'transport',
  'transportType',
  'command',
  'args',
  'env',
  'cwd',
  'url',
  'serverUrl',
  'headers',
  'description',
  'timeout',
  'enabled',
  'disabled',
  'enabledTools',
  'includeTools',
  'disabledTools',
  'excludeTools',
];
const HARMLESS = [
  'alwaysAllow',
  'autoApprove',
  'trust',
  'icon',
  'displayName',
  'title',
  'dev',
  'gallery',
  'version',
  'inputs',
];

/** From this number on a timeout is in milliseconds (Claude Code, Gemini), below it in seconds (Cline). */
const TIMEOUT_IS_MS_FROM = 1_000;

export interface ClientMap {
  readonly format: FormatName;
  /** The key that the map stands under. */
  readonly key: string;
  readonly folder: string;
  /** The questions that an editor asks its user (VS Code). */
  readonly inputs?: readonly unknown[];
  /** VS Code starts servers in its workspace, the others say nothing about it. */
  readonly inWorkspace?: boolean;
}

export function readClientMap(entries: Readonly<Record<string, unknown>>, map: ClientMap): Draft[] {
  return Object.entries(entries).map(([name, entry]) => readClientEntry(name, entry, map));
}

function readClientEntry(name: string, entry: unknown, map: ClientMap): Draft {
  const at = [map.key, name];
  if (!isRecord(entry)) return draftOfNoMap(name, entry, at);
  const inputs = (map.inputs ?? [])
    .filter(isRecord)
    .filter((input) => inputIds(entry).includes(String(input['id'])));
  const known = inputs.map(toEditorInput);
  const change = (text: string) => fromEditorVariables(text, map.folder, known);
  const { suspended, calledHere } = foreignSuspended(entry);
  const typeKey = ['type', 'transport', 'transportType'].find((key) => entry[key] !== undefined) ?? 'type';
  const urlKey = entry['url'] === undefined && entry['serverUrl'] !== undefined ? 'serverUrl' : 'url';
  const { timeout, notes } = readTimeout(entry['timeout'], [...at, 'timeout']);
  const cwd =
    entry['cwd'] ?? (map.inWorkspace === true && 'command' in entry ? workspaceOf(map.folder) : undefined);
  return draftOf({
    format: map.format,
    at,
    name,
    nameAt: at,
    spec: {
      description: entry['description'],
      type: foreignType(entry[typeKey]),
      command: mapStrings(entry['command'], change),
      args: mapStrings(entry['args'], change),
      env: mapStrings(entry['env'], change),
      workdir: mapStrings(cwd, change),
      url: mapStrings(entry[urlKey], change),
      headers: mapStrings(entry['headers'], change),
      timeout,
      suspended,
      toolFilter: foreignToolFilter(
        entry['enabledTools'] ?? entry['includeTools'],
        entry['disabledTools'] ?? entry['excludeTools'],
      ),
    },
    names: {
      type: [typeKey],
      url: [urlKey],
      workdir: ['cwd'],
      suspended: [calledHere],
      ...filterNames(entry),
    },
    extras: { ...beyond(entry, KNOWN), ...(inputs.length === 0 ? {} : { inputs }) },
    harmless: HARMLESS,
    warnings: [...notes, ...inputIds(entry).map((id) => askedFor(id, at))],
  });
}

function readTimeout(value: unknown, field: FieldPath) {
  const isMs = typeof value === 'number' && value >= TIMEOUT_IS_MS_FROM;
  return foreignTimeout(isMs ? value / 1_000 : value, field);
}

function filterNames(entry: Readonly<Record<string, unknown>>): Record<string, FieldPath> {
  const key = ['enabledTools', 'includeTools', 'disabledTools', 'excludeTools'].find((name) => name in entry);
  return key === undefined ? {} : { 'toolFilter.patterns': [key] };
}

function toEditorInput(input: Readonly<Record<string, unknown>>): EditorInput {
  const { default: defaultValue } = input;
  return {
    id: String(input['id']),
    defaultValue: typeof defaultValue === 'string' ? defaultValue : undefined,
  };
}

function askedFor(id: string, field: FieldPath) {
  const message = `the editor asks for \`\${input:${id}}\`; Tutti reads the variable ${inputVariable(id)} instead`;
  return { field, message };
}
