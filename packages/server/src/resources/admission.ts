// Which declarations are in force. Every name has one: the first by the order of origins; the others are refused, and
// each refusal names both places. Pure.

import type {
  GatewayResource,
  McpServerResource,
  Origin,
  SourceResource,
  ToolsetResource,
} from '@tutti/schemas';
import { digestOf } from './digest.ts';
import { compareOrigins, lostTo, pathOf } from './origin.ts';
import type { Problem } from './problem.ts';

/** What there may be many of. */
type Named = McpServerResource | ToolsetResource | SourceResource;

/** What one scope (a file, say) holds of one server, toolset or Source. */
export interface Declaration<Resource extends Named = McpServerResource> {
  readonly resource: Resource;
  /** Why what the scope says now is not in force, so that this, its last good version, is. Empty: it is current. */
  readonly problems: readonly Problem[];
}

export type Declarations<Resource extends Named = McpServerResource> = ReadonlyMap<
  string,
  Declaration<Resource>
>;

export interface Admitted<Resource extends Named> {
  /** By name, sorted. */
  readonly inForce: Declarations<Resource>;
  readonly refused: readonly Problem[];
}

export function admit<Resource extends Named>(
  scopes: ReadonlyMap<string, Declarations<Resource>>,
): Admitted<Resource> {
  const inForce = new Map<string, Declaration<Resource>>();
  const refused: Problem[] = [];
  const inOrder = [...scopes.values()]
    .flatMap((declarations) => [...declarations])
    .sort(([, { resource: a }], [, { resource: b }]) => compareOrigins(a.origin, b.origin));
  for (const [name, declaration] of inOrder) {
    const first = inForce.get(name);
    if (first === undefined) inForce.set(name, declaration);
    else refused.push(refusal(declaration.resource, first.resource));
  }
  return { inForce: new Map([...inForce].sort(([a], [b]) => (a < b ? -1 : 1))), refused };
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

const KIND_WORDS: Readonly<Record<Named['kind'], string>> = {
  MCPServer: '',
  Toolset: 'the toolset ',
  Source: 'the Source ',
};

function refusal({ kind, name, origin }: Named, { origin: first }: Named): Problem {
  const message = `${KIND_WORDS[kind]}\`${name}\` ${lostTo(first, origin)}; rename one of them or remove this one`;
  return problemAt(origin, message);
}

function problemAt(origin: Origin, message: string): Problem {
  return { path: pathOf(origin), line: origin.line, column: 1, message, severity: 'error' };
}

/** The declarations of a scope after a change: what it says now, and the last good version of what it says wrongly.
 *  What did not change stays the same object. */
export function keepLastGood<Resource extends Named>(
  before: Declarations<Resource> | undefined,
  now: {
    readonly declared: readonly Resource[];
    readonly problems: readonly Problem[];
    readonly broken: ReadonlySet<string> | 'all';
  },
): Declarations<Resource> {
  const declarations = new Map<string, Declaration<Resource>>();
  for (const resource of now.declared) {
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
