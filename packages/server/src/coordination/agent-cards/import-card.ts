// A card as an agent that can be registered. What a registration has no place for is kept, so that an export gives it
// back. Pure.

import {
  ReadCardSchema,
  type AgentInterface,
  type AgentRegistration,
  AgentRegistrationSchema,
  explainIssues,
  MAX_WORDS,
  type ReadCard,
} from '@tutti/schemas';
import { formatFieldPath } from '../../resources/problem.ts';
import { REGISTRATION_EXTENSION } from './extension.ts';
import type { KeptCard } from './kept-card.ts';

export interface ImportedCard {
  readonly registration: AgentRegistration;
  readonly kept: KeptCard;
  /** What did not fit, for people. */
  readonly warnings: readonly string[];
}

export type CardImport =
  | ({ readonly kind: 'imported' } & ImportedCard)
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

const MAX_WORD_CHARS = 128;
/** What became part of the registration. */
const USED = [
  'name',
  'version',
  'supportedInterfaces',
  'url',
  'preferredTransport',
  'additionalInterfaces',
  'protocolVersion',
];

/** `id`: what the agent is to be called; by its name when left out. */
export function importCard(input: unknown, id?: string): CardImport {
  const checked = ReadCardSchema.safeParse(input);
  if (!checked.success) return { kind: 'invalid', problems: problemsOf(checked.error, input) };
  const card = checked.data;
  const warnings: string[] = [];
  const capabilities = words(
    'capabilities',
    card.skills.map((skill) => skill.id),
    warnings,
  );
  const tags = words(
    'tags',
    card.skills.flatMap((skill) => skill.tags),
    warnings,
  );
  const draft = {
    ...ownFieldsOf(card),
    id: id ?? idOf(card.name),
    name: shorten(card.name) || idOf(card.name),
    model_version: card.version.slice(0, MAX_WORD_CHARS).toWellFormed(),
    capabilities,
    tags,
  };
  const registration = AgentRegistrationSchema.safeParse(draft);
  if (!registration.success) return { kind: 'invalid', problems: problemsOf(registration.error, draft) };
  const fields = Object.fromEntries(Object.entries(card).filter(([field]) => !USED.includes(field)));
  return {
    kind: 'imported',
    registration: registration.data,
    kept: { interfaces: interfacesOf(card), fields },
    warnings,
  };
}

/** What an export by Tutti says of its own. */
function ownFieldsOf(card: ReadCard): Readonly<Record<string, unknown>> {
  const { capabilities } = card;
  const extensions =
    isRecord(capabilities) && Array.isArray(capabilities['extensions']) ? capabilities['extensions'] : [];
  const own: unknown = extensions.find(
    (one: unknown) => isRecord(one) && one['uri'] === REGISTRATION_EXTENSION,
  );
  const params = isRecord(own) ? own['params'] : undefined;
  const fields = isRecord(params) ? params : {};
  const known = [
    'role',
    'model_type',
    'domain',
    'group',
    'maxConcurrentTasks',
    'heartbeatInterval',
    'resources',
  ];
  return Object.fromEntries(
    known.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])),
  );
}

function interfacesOf(card: ReadCard): readonly AgentInterface[] {
  if (card.supportedInterfaces !== undefined)
    return card.supportedInterfaces.map(({ url, protocolBinding, protocolVersion, tenant }) => ({
      url,
      protocolBinding,
      protocolVersion,
      tenant: typeof tenant === 'string' ? tenant : '',
    }));
  const protocolVersion = card.protocolVersion ?? '0.3';
  const first =
    card.url === undefined ? [] : [{ url: card.url, transport: card.preferredTransport ?? 'JSONRPC' }];
  const others = (card.additionalInterfaces ?? []).filter(
    ({ url, transport }) => !first.some((one) => one.url === url && one.transport === transport),
  );
  return [...first, ...others].map(({ url, transport }) => ({
    url,
    protocolBinding: transport,
    protocolVersion,
    tenant: '',
  }));
}

/** Each once, and as many as an agent may have. */
function words(field: string, given: readonly string[], warnings: string[]): string[] {
  const all = [...new Set(given.map(shorten).filter((word) => word !== ''))];
  if (all.length > MAX_WORDS)
    warnings.push(`${all.length} ${field} are more than the ${MAX_WORDS} of an agent; the first are taken`);
  return all.slice(0, MAX_WORDS);
}

function shorten(word: string): string {
  return word
    .replaceAll(/[\p{Cc}\p{Cs}]+/gu, ' ')
    .trim()
    .slice(0, MAX_WORD_CHARS)
    .toWellFormed();
}

function idOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, MAX_WORD_CHARS)
      .toWellFormed() || 'agent'
  );
}

function problemsOf(error: Parameters<typeof explainIssues>[0], input: unknown): readonly string[] {
  return explainIssues(error, input, ReadCardSchema).map(({ path, message }) =>
    path.length === 0 ? message : `${formatFieldPath(path)}: ${message}`,
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
