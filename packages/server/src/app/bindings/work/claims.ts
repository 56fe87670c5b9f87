// What the gateway asks of coordination: whether the claim that a call carries is in force.

import type { Coordination } from '../../../coordination/coordination.ts';
import type { Claims } from '../../../gateway/ports.ts';
import { ADMIN_ROLE } from '../../../policy/principal.ts';

export function createClaims({ tasks }: Pick<Coordination, 'tasks'>): Claims {
  return {
    require: (claim, { principal, roles }) =>
      tasks.requireClaim(claim, { id: principal, isAdmin: roles.includes(ADMIN_ROLE) }),
  };
}
