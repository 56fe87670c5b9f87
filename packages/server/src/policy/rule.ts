// Rules about what principals may use: a tool by its server and that server's own name for it, never by the name that it
// is exposed under. The first rule that fits decides; where none fits, it is allowed. Pure.

import { matchesGlob } from '@tutti/schemas';
import type { Principal } from './principal.ts';

export interface Rule {
  /** By which people find it: `policies[2]`. */
  readonly name: string;
  readonly effect: 'allow' | 'deny';
  /** It is about those who have one of the roles or ids; about everybody when both are left out. */
  readonly roles?: readonly string[] | undefined;
  readonly principals?: readonly string[] | undefined;
  /** It is not about those who have one of these roles. */
  readonly exceptRoles?: readonly string[] | undefined;
  /** Globs. */
  readonly servers: readonly string[];
  /** Globs; undefined: all that the server offers, its prompts and resources too. */
  readonly tools: readonly string[] | undefined;
  /** Only tools that may destroy something, or only those that don't; undefined: both, and prompts and resources. */
  readonly destructive: boolean | undefined;
  /** Only about what is shown together with other servers; left out: about the server's own endpoint, too. */
  readonly isForCatalog?: boolean | undefined;
}

/** What is asked for. */
export interface ToolTarget {
  readonly server: string;
  /** The server's own name of it. */
  readonly tool: string;
  /** Whether it may destroy something; asked only when a rule depends on it. */
  isDestructive(): boolean;
}

export interface Decision {
  readonly effect: 'allow' | 'deny';
  /** The rule that decided; undefined: none fitted. */
  readonly rule: string | undefined;
}

const ALLOWED: Decision = { effect: 'allow', rule: undefined };

export function isAbout({ roles, principals, exceptRoles }: Rule, who: Principal): boolean {
  if (exceptRoles !== undefined && has(exceptRoles, who)) return false;
  if (roles === undefined && principals === undefined) return true;
  return (roles !== undefined && has(roles, who)) || principals?.includes(who.id) === true;
}

/** The rules that count at an endpoint of one server. */
export function atOwnEndpoint(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(({ isForCatalog }) => isForCatalog !== true);
}

/** `rules` are those about whoever asks. */
export function decideTool(rules: readonly Rule[], target: ToolTarget): Decision {
  for (const rule of rules) {
    if (!matchesAny(rule.servers, target.server)) continue;
    if (rule.tools !== undefined && !matchesAny(rule.tools, target.tool)) continue;
    if (rule.destructive !== undefined && rule.destructive !== target.isDestructive()) continue;
    return { effect: rule.effect, rule: rule.name };
  }
  return ALLOWED;
}

/** Prompts and resources: a rule about tools says nothing of them. */
export function decideRest(rules: readonly Rule[], server: string): Decision {
  for (const rule of rules)
    if (isWhole(rule) && matchesAny(rule.servers, server)) return { effect: rule.effect, rule: rule.name };
  return ALLOWED;
}

/** Whether a rule keeps some server as a whole from whoever they are about, be it declared or not; `except` is no such
 *  server. */
export function hidesServers(rules: readonly Rule[], except: string): boolean {
  for (const rule of rules) {
    if (!isWhole(rule)) continue;
    if (rule.effect === 'deny') {
      if (rule.servers.some((pattern) => pattern !== except)) return true;
    } else if (rule.servers.includes('*')) return false;
  }
  return false;
}

/** How much of a server is allowed, as far as that can be told without looking at its tools. */
export interface Scope {
  readonly tools: 'all' | 'some' | 'none';
  readonly rest: boolean;
}

const ALL: Scope = { tools: 'all', rest: true };

export function scopeOf(rules: readonly Rule[], server: string): Scope {
  let allowsSome = false;
  let deniesSome = false;
  for (const rule of rules) {
    if (!matchesAny(rule.servers, server)) continue;
    if (!isWhole(rule)) {
      if (rule.effect === 'allow') allowsSome = true;
      else deniesSome = true;
    } else if (rule.effect === 'allow') return deniesSome ? { tools: 'some', rest: true } : ALL;
    else return { tools: allowsSome ? 'some' : 'none', rest: false };
  }
  return deniesSome ? { tools: 'some', rest: true } : ALL;
}

function isWhole({ tools, destructive }: Rule): boolean {
  return tools === undefined && destructive === undefined;
}

function has(roles: readonly string[], who: Principal): boolean {
  return who.roles.some((role) => roles.includes(role));
}

function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, text));
}
