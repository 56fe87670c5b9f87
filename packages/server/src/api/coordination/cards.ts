// Agent cards (A2A) over HTTP: an agent is registered from one, and shown as one.

import {
  ReadCardSchema,
  AgentCardListSchema,
  AgentCardSchema,
  ApiImportedCardSchema,
  MAX_CARD_BYTES,
} from '@tutti/schemas';
import { z } from 'zod';
import { textValue } from '../query-values.ts';
import { get, post, type RouteGroup } from '../route.ts';
import { callerOf } from './caller.ts';
import { agentQuery, AgentQuerySchema } from './query.ts';

const ImportQuerySchema = z.strictObject({
  id: textValue('What the agent is to be called; by the name on its card when left out.').optional(),
});

export const CARD_ROUTES: RouteGroup = {
  tag: 'Agent cards',
  about: 'Agents as cards of A2A.',
  routes: [
    get('/api/v1/agent-cards', 'Agents as cards of A2A 1.0, by id, page by page.')
      .query(AgentQuerySchema)
      .answers(AgentCardListSchema, ({ query }, deps) =>
        deps.coordination.cards.find(agentQuery(query), deps.info().url),
      ),
    post('/api/v1/agent-cards', 'Registers an agent from its card (A2A 1.0 or 0.3) for whoever asks.')
      .query(ImportQuerySchema)
      .body(ReadCardSchema, MAX_CARD_BYTES)
      .repeatable()
      .fails('conflict', 'overloaded')
      .answers(
        ApiImportedCardSchema,
        async ({ c, query, body, once }, { coordination: { cards }, streams }) => {
          const imported = await cards.add(body, query.id, callerOf(c), once);
          streams.look(imported.agent.id);
          return imported;
        },
      ),
    get('/api/v1/agents/:id/card', 'One agent as a card of A2A 1.0.').answers(
      AgentCardSchema,
      ({ param }, deps) => deps.coordination.cards.get(param('id'), deps.info().url),
    ),
  ],
};
