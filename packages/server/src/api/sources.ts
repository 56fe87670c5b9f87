// Where declarations are taken from, and the webhooks that say that there is news.

import { ApiSourceListSchema, ApiSyncRequestedSchema } from '@tutti/schemas';
import { requireAll } from './reads.ts';
import { get, post, type RouteGroup } from './route.ts';
import { MAX_WEBHOOK_BYTES, receiveWebhook } from './webhook.ts';

export const SOURCE_ROUTES: RouteGroup = {
  tag: 'Sources',
  about: 'Repositories that declarations come from.',
  routes: [
    get('/api/v1/sources', 'Repositories that declarations come from, and the commit in force.').answers(
      ApiSourceListSchema,
      ({ c }, deps) => {
        requireAll(deps, c.get('access'));
        return { items: deps.sources.list() };
      },
    ),
    post(
      '/api/v1/sources/:name/webhook',
      'There is news in the repository. Signed as GitHub does (X-Hub-Signature-256), or with the token of GitLab.',
    )
      .raw(['application/json', 'application/x-www-form-urlencoded'], MAX_WEBHOOK_BYTES)
      .fails('unauthorized')
      .sends({ status: 202, schema: ApiSyncRequestedSchema }, ({ c, param }, deps) =>
        receiveWebhook(c.req.raw, param('name'), deps),
      ),
  ],
};
