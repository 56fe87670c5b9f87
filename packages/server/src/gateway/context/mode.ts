// Whether a client gets the whole catalog in its list of tools or the few tools that search it. Pure.

import { parseObject } from '../protocol/capabilities.ts';

export type ContextMode = 'direct' | 'search';

/** A list that is longer than this costs a model's context more than searching does. */
export const MAX_DIRECT_BYTES = 200_000;

/** Clients that keep long lists out of the context by themselves; to them search tools are only in the way. */
const SEARCHING_CLIENTS: ReadonlySet<string> = new Set(['claude-code']);

export interface ModeChoice {
  /** What the client's url asks for. */
  readonly asked: ContextMode | undefined;
  /** What is declared for the view, or for all. */
  readonly declared: ContextMode | 'auto';
  /** Bytes of the view's list of tools. */
  readonly toolBytes: number;
  /** JSON text of the client's name and version. */
  readonly clientInfo: string | undefined;
}

export function chooseMode({ asked, declared, toolBytes, clientInfo }: ModeChoice): ContextMode {
  if (asked !== undefined) return asked;
  if (declared !== 'auto') return declared;
  if (toolBytes <= MAX_DIRECT_BYTES) return 'direct';
  const { name } = parseObject(clientInfo ?? '{}');
  return typeof name === 'string' && SEARCHING_CLIENTS.has(name) ? 'direct' : 'search';
}
