// Who may use which route: the one place where it stands. The first rule that fits a request counts.

import { AppError } from '../kernel/errors.ts';
import type { Access } from '../policy/access.ts';
import { isLoopback } from '../policy/origin.ts';
import { ADMIN_ROLE, AGENT_ROLE, LOCAL, VIEWER_ROLE } from '../policy/principal.ts';
import type { ApiDeps } from './deps.ts';

/** What a route is, by whom it may be used. */
interface Right {
  readonly roles: readonly string[];
  /** Whoever has no key may, on loopback where nobody needs one. */
  readonly isOpenLocally: boolean;
}

export const RIGHTS = {
  /** Shows something. */
  read: { roles: [ADMIN_ROLE, VIEWER_ROLE], isOpenLocally: true },
  /** Shows agents, tasks and budgets. */
  readWork: { roles: [ADMIN_ROLE, AGENT_ROLE, VIEWER_ROLE], isOpenLocally: true },
  /** Registers agents, submits tasks and does them. An agent's or a task's owner is looked at beside it. */
  work: { roles: [ADMIN_ROLE, AGENT_ROLE], isOpenLocally: true },
  /** Changes something, or holds everything: a declared command is code execution. */
  administer: { roles: [ADMIN_ROLE], isOpenLocally: false },
} as const satisfies Readonly<Record<string, Right>>;

type RightName = keyof typeof RIGHTS;

interface Rule {
  /** All when left out. */
  readonly methods?: readonly string[];
  readonly path: RegExp;
  /** `none`: whoever asks, known or not; the route looks for itself where it has to. `anybody`: whoever may come in. */
  readonly right: RightName | 'none' | 'anybody';
}

const READS = ['GET', 'HEAD'];
const ANY = /^/;
/** What agents work with. */
const SHARED_WORK = /^\/api\/v1\/(?:agents|agent-cards|tasks|plans|knowledge|projects|goals|leases)(?:\/|$)/;

const RULES: readonly Rule[] = [
  { path: /^\/(?:healthz|readyz)$/, right: 'none' },
  // It is signed instead.
  { methods: ['POST'], path: /^\/api\/v1\/sources\/[^/]+\/webhook$/, right: 'none' },
  // One's own results.
  { methods: [...READS, 'DELETE'], path: /^\/api\/v1\/results(?:\/[^/]+)?$/, right: 'anybody' },
  // Messages are for those who write and get them.
  { path: /^\/api\/v1\/(?:messages|threads|inboxes|rooms)(?:\/|$)/, right: 'work' },
  { methods: READS, path: /^\/api\/v1\/openapi\.json$/, right: 'anybody' },
  // What an agent is handed is for itself only.
  { path: /^\/api\/v1\/agents\/[^/]+\/(?:work|tasks)$/, right: 'work' },
  // Who plans has to know what is left; who may use how much, administrators say.
  { methods: READS, path: /^\/api\/v1\/budgets(?:\/|$)/, right: 'readWork' },
  // It changes nothing.
  { path: /^\/api\/v1\/leases\/check$/, right: 'readWork' },
  { methods: READS, path: SHARED_WORK, right: 'readWork' },
  { path: SHARED_WORK, right: 'work' },
  { methods: READS, path: ANY, right: 'read' },
  { path: ANY, right: 'administer' },
];

export function rightFor(method: string, path: string): Rule['right'] {
  const rule = RULES.find((one) => (one.methods?.includes(method) ?? true) && one.path.test(path));
  return rule?.right ?? 'administer';
}

/** What decides whether reads are open: they are on loopback where nobody needs a key. */
type Openness = Pick<ApiDeps, 'origin' | 'accesses'>;

export function mayUse({ origin, accesses }: Openness, right: Right, { principal }: Access): boolean {
  const isOpen = isLoopback(origin.boundHost) && !accesses.isRequired;
  // Reads are for all who come in there; what changes something is for those whose key says so, and those without one.
  if (isOpen && right.isOpenLocally && (principal.id === LOCAL.id || right.roles.includes(VIEWER_ROLE)))
    return true;
  return principal.roles.some((role) => right.roles.includes(role));
}

/** Throws the AppError that says what is needed. */
export function requireRight(openness: Openness, right: Right, access: Access): void {
  if (mayUse(openness, right, access)) return;
  const needed = `a key with the role ${right.roles.map((role) => `\`${role}\``).join(' or ')}`;
  throw needsRole(access, 'This is not for everybody', needed);
}

/** Who asks is known, and has no role that may. */
export class NeedsRoleError extends AppError {}

export function needsRole({ principal }: Access, why: string, needed: string): AppError {
  if (principal.id !== LOCAL.id)
    return new NeedsRoleError(
      'refused',
      `${why}: it needs ${needed}, which \`${principal.id}\` does not have.`,
    );
  return new NeedsRoleError(
    'unauthorized',
    `${why}: it needs the instance token, or ${needed}; send "Authorization: Bearer TOKEN" with the token in instance.json of the state folder.`,
  );
}
