// Declarations for tests.

import { mcpServerSpecSchema, type McpServerSpecInput, type PinPolicy } from '@tutti/schemas';
import type { Desired, DesiredServers } from '../../../src/reconcile/mcp-server/desired.ts';

export interface DeclaredOptions {
  readonly name?: string;
  readonly spec?: McpServerSpecInput;
  readonly prefix?: string;
  readonly pins?: PinPolicy;
  readonly generation?: number;
  readonly unresolved?: readonly string[];
  readonly conflict?: string;
  readonly identityDigest?: string;
  readonly secrets?: readonly string[];
}

/** A stdio server; without jitter, so that times are exact. */
export function declared(options: DeclaredOptions = {}): Desired {
  const { name = 'git', spec = {}, generation = 1 } = options;
  const where = spec.url === undefined ? { command: 'git-server' } : {};
  return {
    resource: {
      kind: 'MCPServer',
      name,
      labels: {},
      annotations: {},
      spec: mcpServerSpecSchema.parse({ ...where, ...spec, restart: { jitter: 0, ...spec.restart } }),
      origin: { kind: 'file', path: '/tutti.yaml', line: 1 },
      generation,
    },
    prefix: options.prefix ?? spec.toolPrefix ?? name,
    pins: options.pins ?? 'flag',
    unresolved: options.unresolved ?? [],
    conflict: options.conflict,
    identityDigest: options.identityDigest ?? 'identity-1',
    secrets: options.secrets ?? [],
  };
}

/** Declarations that a test changes. */
export function createDeclarations(...initial: readonly Desired[]): DesiredServers & {
  set(desired: Desired): void;
  remove(name: string): void;
} {
  const all = new Map(initial.map((desired) => [desired.resource.name, desired]));
  const listeners = new Set<(name: string) => void>();
  const tell = (name: string): void => {
    for (const listener of listeners) listener(name);
  };
  return {
    list: () => [...all.values()],
    get: (name) => all.get(name),
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    set(desired) {
      all.set(desired.resource.name, desired);
      tell(desired.resource.name);
    },
    remove(name) {
      all.delete(name);
      tell(name);
    },
  };
}
