// What is shown of servers: tools, toolsets, families, what was approved, and why something can be seen or not.

import {
  ApiExplanationSchema,
  ApiFamilyListSchema,
  ApiPinListSchema,
  ApiServerPinsListSchema,
  ApiToolListSchema,
  ApiToolsetListSchema,
  ApiToolsetSchema,
  type ApiToolset,
} from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import type { Access } from '../policy/access.ts';
import type { ApiDeps } from './deps.ts';
import { explain, ExplainQuerySchema } from './explain.ts';
import { anyText, numberValue } from './query-values.ts';
import { requireServer, sees, shownToolsets } from './reads.ts';
import { get, type RouteGroup } from './route.ts';

const ToolQuerySchema = z.object({
  q: anyText('Only tools whose name or description has it.').optional(),
  server: anyText('All that this server showed, in the catalog or not.').optional(),
  set: anyText('Only what this toolset shows.').optional(),
  name: anyText('Only tools of this name, exposed or as the server knows it.').optional(),
  limit: numberValue({ min: 1 }, 'How many at the most; a page has a bound of its own.').optional(),
  cursor: anyText('The `nextCursor` of the page before.').optional(),
});

export const CATALOG_ROUTES: RouteGroup = {
  tag: 'Catalog',
  about: 'What is shown of servers: tools, toolsets, families, approvals.',
  routes: [
    get('/api/v1/tools', 'The tools that somebody may use, page by page.')
      .query(ToolQuerySchema)
      .answers(ApiToolListSchema, ({ c, query: { q: query, ...filter } }, deps) => {
        const access = c.get('access');
        const { server, set, name, limit, cursor } = filter;
        if (server !== undefined) requireServer(deps, server, access);
        if (set !== undefined) requireToolset(deps, set, access);
        if (server !== undefined && set !== undefined)
          throw new AppError('invalid_params', 'Ask for "server" or for "set", not for both.');
        return deps.tools({ query, server, set, name, limit, cursor }, access);
      }),
    get('/api/v1/explain', 'Why a tool can be seen and called, or not; what decides comes first.')
      .query(ExplainQuerySchema)
      .fails('refused', 'not_found')
      .answers(ApiExplanationSchema, ({ c, query }, deps) => explain(deps, c.get('access'), query)),
    get('/api/v1/pins', 'How the tools of each server stand beside what was approved.').answers(
      ApiServerPinsListSchema,
      ({ c }, deps) => ({ items: deps.pins().filter(({ server }) => sees(deps, c.get('access'), server)) }),
    ),
    get('/api/v1/servers/:name/pins', 'Every tool that it shows or that was approved of it.').answers(
      ApiPinListSchema,
      async ({ c, param }, deps) => {
        const { name } = requireServer(deps, param('name'), c.get('access'));
        return { items: await deps.pinsOf(name, c.get('access')) };
      },
    ),
    get('/api/v1/toolsets', 'The toolsets: where they are, what they show.').answers(
      ApiToolsetListSchema,
      ({ c }, deps) => ({ items: shownToolsets(deps, c.get('access')) }),
    ),
    get('/api/v1/toolsets/:name', 'One toolset.').answers(ApiToolsetSchema, ({ c, param }, deps) =>
      requireToolset(deps, param('name'), c.get('access')),
    ),
    get('/api/v1/families', 'Equal servers behind one tool, and what divides them.').answers(
      ApiFamilyListSchema,
      ({ c }, deps) => ({ items: deps.families(c.get('access')) }),
    ),
  ],
};

function requireToolset(deps: ApiDeps, name: string, access: Access): ApiToolset {
  const toolset = shownToolsets(deps, access).find((one) => one.name === name);
  if (toolset === undefined) throw new AppError('not_found', `There is no toolset "${name}".`);
  return toolset;
}
