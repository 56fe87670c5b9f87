// Which declarations are in force. Every name has one: the first by the order of origins; the others are refused, and
// each refusal names both places. Pure.

import type { GatewayResource, McpServerResource, Origin, SourceResource } from '@tutti/schemas';
import { digestOf } from './digest.ts';
import { compareOrigins, lostTo, pathOf } from './origin.ts';
import type { Problem } from './problem.ts';

/** What one scope (a file, say) holds of one server. */
export interface Declaration {
  readonly resource: McpServerResource;
  /** Why what the scope says now is not in force, so that this, its last good version, is. Empty: it is current. */
  readonly problems: readonly Problem[];
}

export type Declarations = ReadonlyMap<string, Declaration>;

export interface Admitted {
  /** By name, sorted. */
  readonly servers: Declarations;
  readonly refused: readonly Problem[];
}

export function admit(scopes: ReadonlyMap<string, Declarations>): Admitted {
  const servers = new Map<string, Declaration>();
  const refused: Problem[] = [];
  const inOrder = [...scopes.values()]
    .flatMap((declarations) => [...declarations])
    .sort(([, { resource: a }], [, { resource: b }]) => compareOrigins(a.origin, b.origin));
  for (const [name, declaration] of inOrder) {
    const first = servers.get(name);
    if (first === undefined) servers.set(name, declaration);
    else refused.push(refusal(declaration.resource, first.resource));
  }
  return { servers: new Map([...servers].sort(([a], [b]) => (a < b ? -1 : 1))), refused };
}

/** Of all Gateway documents one is in force, too. */
export function admitGateway(declared: readonly GatewayResource[]): {
  readonly gateway: GatewayResource | undefined;
  readonly refused: readonly Problem[];
} {
  const [gateway, ...others] = declared.toSorted((a, b) => compareOrigins(a.origin, b.origin));
  if (gateway === undefined) return { gateway, refused: [] };
  const refused = others.map(({ origin }) => {
    const lost = lostTo(gateway.origin, origin);
    return problemAt(origin, `a Gateway ${lost}, and there is one at most; merge them`);
  });
  return { gateway, refused };
}

/** Of all Sources of one name the first. */
export function admitSources(declared: readonly SourceResource[]): {
  readonly sources: readonly SourceResource[];
  readonly refused: readonly Problem[];
} {
  const sources = new Map<string, SourceResource>();
  const refused: Problem[] = [];
  for (const source of declared.toSorted((a, b) => compareOrigins(a.origin, b.origin))) {
    const first = sources.get(source.name);
    if (first === undefined) sources.set(source.name, source);
    else refused.push(refusal(source, first));
  }
  return { sources: [...sources.values()], refused };
}

interface Named {
  readonly name: string;
  readonly origin: Origin;
}

function refusal({ name, origin }: Named, { origin: first }: Named): Problem {
  const message = `\`${name}\` ${lostTo(first, origin)}; rename one of them or remove this one`;
  return problemAt(origin, message);
}

function problemAt(origin: Origin, message: string): Problem {
  return { path: pathOf(origin), line: origin.line, column: 1, message, severity: 'error' };
}

/** The declarations of a scope after a change: what it says now, and the last good version of what it says wrongly.
 *  What did not change stays the same object. */
export function keepLastGood(
  before: Declarations | undefined,
  now: {
    readonly servers: readonly McpServerResource[];
    readonly problems: readonly Problem[];
    readonly broken: ReadonlySet<string> | 'all';
  },
): Declarations {
  const declarations = new Map<string, Declaration>();
  for (const resource of now.servers) {
    const earlier = before?.get(resource.name);
    const isSame = earlier?.problems.length === 0 && digestOf(earlier.resource) === digestOf(resource);
    declarations.set(resource.name, isSame ? earlier : { resource, problems: [] });
  }
  const errors = now.problems.filter(({ severity }) => severity === 'error');
  for (const [name, { resource }] of before ?? [])
    if (!declarations.has(name) && (now.broken === 'all' || now.broken.has(name)))
      declarations.set(name, { resource, problems: errors });
  return declarations;
}
