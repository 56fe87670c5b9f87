// What one principal may do: the rules that are about it. Those who may do the same have the same digest, by which what
// they see is made once for all of them. Pure.

import { ADMIN_ROLE, type Principal } from './principal.ts';
import { isAbout, type Rule } from './rule.ts';

export interface Access {
  readonly principal: Principal;
  readonly digest: string;
  /** In order; all of them about the principal. */
  readonly rules: readonly Rule[];
}

export function accessOf(principal: Principal, rules: readonly Rule[]): Access {
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
  return { principal, digest, rules: own };
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
  /** For people; says what to send. */
  readonly reason: string;
  /** The value of WWW-Authenticate. */
  readonly challenge: string;
}

export function isAdmin(access: Access | Refused): boolean {
  return 'principal' in access && access.principal.roles.includes(ADMIN_ROLE);
}
