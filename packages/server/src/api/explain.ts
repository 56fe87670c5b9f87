// `GET /explain?tool=…&as=…&set=…`. For somebody else only an administrator may ask; who is none is not told of tools that
// a policy hides, because denied is not there.

import type { ApiExplanation } from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import type { Access } from '../policy/access.ts';
import { ADMIN_ROLE, LOCAL } from '../policy/principal.ts';
import type { ApiDeps } from './deps.ts';
import { anyText } from './query-values.ts';

export const ExplainQuerySchema = z.object({
  tool: anyText('A name at an endpoint, the name that the server knows, or `server/tool`.').optional(),
  as: anyText('For this principal; for somebody else than oneself it needs the role `admin`.').optional(),
  set: anyText('At the endpoint of this toolset.').optional(),
});

export async function explain(
  deps: Pick<ApiDeps, 'explain' | 'accesses' | 'toolsets'>,
  asker: Access,
  { tool = '', set, as }: z.output<typeof ExplainQuerySchema>,
): Promise<ApiExplanation> {
  if (tool === '')
    throw new AppError('invalid_params', '"tool" must be the name of a tool: say which one is meant.');
  const isAdmin = asker.principal.roles.includes(ADMIN_ROLE);
  if (set !== undefined && !isAdmin && !deps.toolsets(asker).some(({ name }) => name === set))
    throw new AppError('not_found', `There is no toolset "${set}".`);
  const found = await deps.explain({ tool, set }, subject(deps, asker, as));
  const items = isAdmin ? found.items : found.items.filter(isNotDenied);
  // To whom it is hidden, it must look like what is not there.
  return { ...found, items, nearest: items.length === 0 ? found.nearest : [] };
}

function isNotDenied({ reasons }: ApiExplanation['items'][number]): boolean {
  return reasons.every(({ cause }) => cause !== 'policy');
}

/** Whom it is explained for. Who has the instance token most often asks for the clients, which come without a key. */
function subject({ accesses }: Pick<ApiDeps, 'accesses'>, asker: Access, as: string | undefined): Access {
  const isAdmin = asker.principal.roles.includes(ADMIN_ROLE);
  if (as === undefined) return (isAdmin ? accesses.byPrincipal(LOCAL.id) : undefined) ?? asker;
  if (as === asker.principal.id) return asker;
  if (!isAdmin)
    throw new AppError('refused', `Only the role "${ADMIN_ROLE}" may ask for somebody else; leave "as" out.`);
  const found = accesses.byPrincipal(as);
  if (found !== undefined) return found;
  const known = accesses.all().map(({ principal }) => principal.id);
  throw new AppError('not_found', `There is no principal "${as}". There are: ${known.join(', ')}.`);
}
