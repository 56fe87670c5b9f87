// What the gateway must know of each method: by which member it is routed, and how its results may be cached.

/** The member of params that tells which server a request is for. */
export type RouteBy = 'tool' | 'prompt' | 'uri' | 'ref' | 'task' | 'server';

const ROUTE_BY: ReadonlyMap<string, RouteBy> = new Map<string, RouteBy>([
  ['tools/call', 'tool'],
  ['prompts/get', 'prompt'],
  ['resources/read', 'uri'],
  ['resources/subscribe', 'uri'],
  ['resources/unsubscribe', 'uri'],
  ['completion/complete', 'ref'],
  ['tasks/get', 'task'],
  ['tasks/result', 'task'],
  ['tasks/cancel', 'task'],
  ['tasks/update', 'task'],
]);

/** `server`: nothing in the request names a server; only a route to one server can pass it on. */
export function routeBy(method: string): RouteBy {
  return ROUTE_BY.get(method) ?? 'server';
}

export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

const LISTS: ReadonlyMap<string, ListKind> = new Map<string, ListKind>([
  ['tools/list', 'tools'],
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
]);

export function listKindOf(method: string): ListKind | undefined {
  return LISTS.get(method);
}

export const LIST_METHODS: Readonly<Record<ListKind, string>> = {
  tools: 'tools/list',
  prompts: 'prompts/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
};

export const LIST_CHANGED: Readonly<Record<ListKind, string>> = {
  tools: 'notifications/tools/list_changed',
  prompts: 'notifications/prompts/list_changed',
  resources: 'notifications/resources/list_changed',
  resourceTemplates: 'notifications/resources/list_changed',
};

/** Methods of the modern era whose results must say how long and for whom they may be cached. */
export function isCacheable(method: string): boolean {
  return method === 'resources/read' || method === 'server/discover' || LISTS.has(method);
}

/** Methods by which a legacy server asks its client; in the modern era they are input requests. */
export function isAsk(method: string): boolean {
  return method === 'elicitation/create' || method === 'sampling/createMessage' || method === 'roots/list';
}

/** Methods that only the legacy era knows. */
const LEGACY_ONLY: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/list',
  'tasks/result',
]);

export function isLegacyOnly(method: string): boolean {
  return LEGACY_ONLY.has(method);
}

/** Methods that only the modern era knows. */
export function isModernOnly(method: string): boolean {
  return method === 'server/discover' || method === 'subscriptions/listen' || method === 'tasks/update';
}
