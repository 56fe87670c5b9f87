// Which declarations are in force. Every name has one: the first by the order of paths; the others are refused, and
// each refusal names both places. Pure.

import type { GatewayResource, McpServerResource } from '@tutti/schemas';
import { digestOf } from './digest.ts';
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
  const inOrder = [...scopes].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, declarations] of inOrder) {
    for (const [name, declaration] of declarations) {
      const first = servers.get(name);
      if (first === undefined) servers.set(name, declaration);
      else refused.push(refusal(declaration.resource, first.resource));
    }
  }
  return { servers: new Map([...servers].sort(([a], [b]) => (a < b ? -1 : 1))), refused };
}

/** Of all Gateway documents one is in force, too. */
export function admitGateway(declared: readonly GatewayResource[]): {
  readonly gateway: GatewayResource | undefined;
  readonly refused: readonly Problem[];
} {
  const [gateway, ...others] = declared.toSorted((a, b) => (a.origin.path < b.origin.path ? -1 : 1));
  const refused = others.map(({ origin: { path, line } }): Problem => {
    const place = `${gateway?.origin.path}:${gateway?.origin.line}`;
    const message = `a Gateway is declared in ${place} already, and there is one at most; merge them`;
    return { path, line, column: 1, message, severity: 'error' };
  });
  return { gateway, refused };
}

function refusal({ name, origin }: McpServerResource, { origin: first }: McpServerResource): Problem {
  return {
    path: origin.path,
    line: origin.line,
    column: 1,
    message: `\`${name}\` is declared in ${first.path}:${first.line} already; rename one of them or remove this one`,
    severity: 'error',
  };
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
