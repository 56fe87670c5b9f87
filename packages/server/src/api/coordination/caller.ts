// Whoever asks, as coordination knows them.

import type { Context } from 'hono';
import type { Caller } from '../../coordination/agents/registry.ts';
import { ADMIN_ROLE } from '../../policy/principal.ts';
import type { ApiEnv } from '../deps.ts';

export function callerOf(c: Context<ApiEnv>): Caller {
  const { id, roles } = c.get('access').principal;
  return { id, isAdmin: roles.includes(ADMIN_ROLE) };
}
