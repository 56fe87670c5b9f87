// What one principal may do: the rules that are about it. Those who may do the same have the same digest, by which what
// they see is made once for all of them. Pure.

import { ADMIN_ROLE, type Principal } from './principal.ts';
import { isAbout, type Rule } from './rule.ts';

export interface Access {
  readonly principal: Principal;
  readonly digest: string;
  /** Digests of what lets the principal in. One with none of those that it had is somebody else of the same name. */
  readonly credentials: readonly string[];
  /** In order; all of them about the principal. */
  readonly rules: readonly Rule[];
}

/** `credentials` may still be added to. Without any it is whoever has the id: nobody can take the name of those. */
export function accessOf(
  principal: Principal,
  rules: readonly Rule[],
  credentials: readonly string[] = [principal.id],
): Access {
  const own = rules.filter((rule) => isAbout(rule, principal));
  const digest = JSON.stringify(
    own.map(({ effect, servers, tools, destructive, isForCatalog }) => [
      effect,
      servers,
      tools,
      destructive,
      isForCatalog === true,
    ]),
  );
  return { principal, digest, credentials, rules: own };
}

/** Whether somebody that had the one and has the other now is still the same. */
export function isSameHolder(before: readonly string[], now: readonly string[]): boolean {
  return before.some((credential) => now.includes(credential));
}

/** Who is let in: those with a role or an id that is named, and administrators; everybody where nobody is named. */
export interface Admits {
  readonly roles?: readonly string[] | undefined;
  readonly principals?: readonly string[] | undefined;
}

export function isAdmitted({ roles, principals }: Admits, who: Principal): boolean {
  if (roles === undefined && principals === undefined) return true;
  const isNamed = (role: string): boolean => role === ADMIN_ROLE || roles?.includes(role) === true;
  return who.roles.some(isNamed) || principals?.includes(who.id) === true;
}

/** Why a request may not come in. */
export interface Refused {
  readonly kind: 'refused';
  /** No key came, or one that nobody has. */
  readonly key: 'missing' | 'unknown';
  /** For people; says what to send. */
  readonly reason: string;
  /** The value of WWW-Authenticate. */
  readonly challenge: string;
}

export function isAdmin(access: Access | Refused): boolean {
  return 'principal' in access && access.principal.roles.includes(ADMIN_ROLE);
}
