// Who may come in, and what they may use, from the Gateway that is declared: the one check behind MCP, the API and every
// port. Keys are looked up by their hashes, of which nothing can be guessed bit by bit; a change of the declaration counts
// for the next request.

import { hash } from 'node:crypto';
import type { GatewayResource, GatewaySettings } from '@tutti/schemas';
import type { Accesses } from '../gateway/ports.ts';
import { type Access, accessOf, type Refused } from '../policy/access.ts';
import { INSTANCE_ADMIN, LOCAL, type Principal } from '../policy/principal.ts';
import type { Rule } from '../policy/rule.ts';
import { pathOf } from '../resources/origin.ts';
import type { Problem } from '../resources/problem.ts';
import { unresolvedMessage } from '../resources/resolved-issues.ts';
import type { ResourceStore } from '../resources/store.ts';
import { resolveText } from '../resources/variables.ts';
import type { Redactor } from '../telemetry/redactor.ts';
import type { createAllowedEnvironment, Variables } from './allowed-environment.ts';

export interface HostAccesses extends Accesses, Disposable {
  /** Whether everybody needs a key. */
  readonly isRequired: boolean;
  /** What the principal may use of the catalog that is declared: without Tutti's own tools. */
  catalogOf(access: Access): Access;
  /** The declared catalog with no policy at all, for what is counted and checked. */
  readonly catalog: Access;
  /** Keys that nobody can use as they are declared. */
  problems(): readonly Problem[];
}

export interface AccessesDeps {
  readonly store: Pick<ResourceStore, 'gateway' | 'lacksGuard' | 'settings' | 'watch'>;
  readonly environmentOf: ReturnType<typeof createAllowedEnvironment>;
  /** The instance token. */
  readonly token: string;
  /** Who may use which of Tutti's own tools; no policy gives more. */
  readonly ownRules: (settings: GatewaySettings) => readonly Rule[];
  /** Others can reach Tutti, so that everybody needs a key whatever is declared. */
  readonly isExposed: boolean;
  readonly redactor: Pick<Redactor, 'set'>;
}

/** A shorter one could be guessed. */
const MIN_SECRET_LENGTH = 16;
const HASHED = /^sha256:([0-9a-f]{64})$/i;
const REDACTED = 'the keys of the Gateway';

const NO_VARIABLES: Variables = {};

interface Compiled {
  readonly isRequired: boolean;
  /** Of those without a key; undefined: they may not come in. */
  readonly anybody: Access | undefined;
  /** By the hash of what they send. */
  readonly byHash: ReadonlyMap<string, Access>;
  readonly byPrincipal: ReadonlyMap<string, Access>;
  /** By principal. */
  readonly catalogs: ReadonlyMap<string, Access>;
  readonly problems: readonly Problem[];
}

export function createAccesses(deps: AccessesDeps): HostAccesses {
  const { store } = deps;
  const catalog = accessOf(INSTANCE_ADMIN, forEverybody(deps.ownRules(store.settings())));
  const listeners = new Set<() => void>();
  let made = inputs();
  let compiled = compile(deps, made);

  /** What it is made from; the same objects as long as nothing changed. */
  function inputs(): Inputs {
    const gateway = store.gateway();
    const variables = gateway === undefined ? NO_VARIABLES : deps.environmentOf(gateway.origin);
    return { gateway, settings: store.settings(), variables, isUnknown: store.lacksGuard() };
  }

  const watching = store.watch(() => {
    const next = inputs();
    const isSame =
      next.settings === made.settings &&
      next.variables === made.variables &&
      next.isUnknown === made.isUnknown;
    made = next;
    if (isSame) return;
    compiled = compile(deps, next);
    for (const listener of listeners) listener();
  });

  return {
    of: (authorization) => admitted(authorization, compiled),
    byPrincipal: (id) => compiled.byPrincipal.get(id),
    all: () => [...compiled.byPrincipal.values()],
    catalogOf: ({ principal }) => compiled.catalogs.get(principal.id) ?? catalog,
    catalog,
    get isRequired() {
      return compiled.isRequired;
    },
    problems: () => compiled.problems,
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.dispose]: () => watching[Symbol.dispose](),
  };
}

interface Inputs {
  readonly gateway: GatewayResource | undefined;
  readonly settings: GatewaySettings;
  readonly variables: Variables;
  /** Nobody knows yet who may come in, so only the instance token opens. */
  readonly isUnknown: boolean;
}

function admitted(authorization: string | undefined, { anybody, byHash }: Compiled): Access | Refused {
  if (authorization === undefined) return anybody ?? MISSING;
  const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const known = secret === undefined ? undefined : byHash.get(hash('sha256', secret));
  if (known !== undefined) return known;
  // Without keys of our own the header is meant for somebody else. One hash is that of the instance token.
  return byHash.size > 1 || anybody === undefined ? WRONG : anybody;
}

const MISSING: Refused = {
  kind: 'refused',
  key: 'missing',
  reason:
    'This needs a key: send it as "Authorization: Bearer KEY"; commands of tutti take it from TUTTI_TOKEN.',
  challenge: 'Bearer realm="tutti"',
};

const WRONG: Refused = {
  kind: 'refused',
  key: 'unknown',
  reason:
    'Nobody here has that key. Ask whoever runs Tutti for the one that counts now; an instance token changes with every start.',
  challenge: 'Bearer realm="tutti", error="invalid_token", error_description="nobody here has that key"',
};

function compile(deps: AccessesDeps, { gateway, settings, variables, isUnknown }: Inputs): Compiled {
  const { auth, policies } = settings;
  const declared = policies.map((policy, index): Rule => ({
    name: `policies[${index}]`,
    tools: undefined,
    destructive: undefined,
    ...policy,
  }));
  const own = deps.ownRules(settings);
  const rules = [...own, ...declared];
  const browsing = [...forEverybody(own), ...declared];
  const byHash = new Map<string, Access>();
  const byPrincipal = new Map<string, Access>();
  const catalogs = new Map<string, Access>();
  const problems: Problem[] = [];
  const values: string[] = [];
  const isRequired = auth.required || deps.isExposed || isUnknown;

  const add = (principal: Principal, credentials?: readonly string[]): Access => {
    const access = accessOf(principal, rules, credentials);
    byPrincipal.set(principal.id, access);
    catalogs.set(principal.id, accessOf(principal, browsing, credentials));
    return access;
  };
  const anybody = isRequired ? undefined : add(LOCAL);
  byHash.set(hash('sha256', deps.token), add(INSTANCE_ADMIN));

  for (const [index, { name, secret: secrets, roles }] of auth.keys.entries()) {
    let access: Access | undefined;
    const credentials: string[] = [];
    for (const secret of secrets) {
      const found = hashOf(secret, variables);
      if ('hash' in found) {
        if (found.value !== undefined) values.push(found.value);
        const holder = byHash.get(found.hash);
        if (holder === undefined) {
          access ??= add({ id: name, type: 'user', roles }, credentials);
          credentials.push(credentialOf(found.hash));
          byHash.set(found.hash, access);
        } else if (holder !== access) problem(index, `the key of \`${holder.principal.id}\` is the same`);
      } else problem(index, messageOf(found));
    }
  }
  deps.redactor.set(REDACTED, values);
  return { isRequired, anybody, byHash, byPrincipal, catalogs, problems };

  function messageOf(found: Exclude<Found, { hash: string }>): string {
    if (found.unresolved === undefined)
      return `the secret is shorter than ${MIN_SECRET_LENGTH} characters; take a longer one`;
    return gateway === undefined ? '' : unresolvedMessage(found.unresolved, gateway.origin);
  }

  function problem(index: number, message: string): void {
    if (gateway === undefined) return;
    const { origin } = gateway;
    const name = auth.keys[index]?.name ?? '';
    problems.push({
      path: pathOf(origin),
      line: origin.line,
      column: 1,
      field: `spec.auth.keys[${index}].secret`,
      message: `the key \`${name}\` lets nobody in: ${message}`,
      severity: 'error',
    });
  }
}

/** By which a session knows its key again; nothing of the key can be told from it. */
function credentialOf(keyHash: string): string {
  return hash('sha256', `credential ${keyHash}`, 'base64url').slice(0, 22);
}

/** Whatever their roles. */
function forEverybody(rules: readonly Rule[]): readonly Rule[] {
  return rules.map((rule) => ({ ...rule, exceptRoles: undefined }));
}

type Found =
  | { readonly hash: string; readonly value: string | undefined }
  | { readonly unresolved: string | undefined };

/** In hexadecimal digits. */
function hashOf(secret: string, environment: Variables): Found {
  const given = HASHED.exec(secret)?.[1];
  if (given !== undefined) return { hash: given.toLowerCase(), value: undefined };
  const { text, unresolved } = resolveText(secret, { secrets: {}, environment });
  if (unresolved.length > 0) return { unresolved: unresolved[0] };
  if (text.length < MIN_SECRET_LENGTH) return { unresolved: undefined };
  return { hash: hash('sha256', text), value: text };
}
