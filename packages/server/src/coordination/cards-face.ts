// Agent cards (A2A): an agent is registered from one, and shown as one. With it goes what the agent has shown, which is
// read from the store: it is the same on every host.

import {
  MAX_PAGE_CARDS,
  type AgentCard,
  type AgentCardInput,
  AgentRegistrationSchema,
  type ApiAgent,
  type ApiFigures,
  type ApiImportedCard,
} from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { exportCard } from './agent-cards/export-card.ts';
import { TASKS_BINDING } from './agent-cards/extension.ts';
import { importCard } from './agent-cards/import-card.ts';
import { keptCard, keptText } from './agent-cards/kept-card.ts';
import { measuredOf } from './agent-cards/measured.ts';
import { readCards } from './agent-cards/queries.ts';
import type { AgentTables, FitnessRow } from './agents/agent-row.ts';
import { type AgentQuery } from './agents/find.ts';
import { readFitnessOf } from './agents/fitness-queries.ts';
import type { Caller } from './agents/registry.ts';
import type { Agents } from './agents-face.ts';
import type { Engine } from './engine.ts';
import type { Once } from './tasks/book.ts';

export interface Cards {
  /** Registers the agent for the caller. `id`: what it is to be called; by its name when left out. */
  add(card: AgentCardInput, id: string | undefined, by: Caller, once?: Once): Promise<ApiImportedCard>;
  /** `url`: where Tutti is reached. */
  get(id: string, url: string): Promise<AgentCard>;
  find(query: AgentQuery, url: string): Promise<CardPage>;
  /** The agent with what it has shown. */
  measured(id: string): Promise<ApiAgent>;
}

export interface CardPage {
  readonly items: readonly AgentCard[];
  /** The id after which to go on. */
  readonly nextCursor?: string | undefined;
}

export function createCards({ database, classes, registry }: Engine, agents: Agents): Cards {
  const tables = database.over<AgentTables>();

  async function figuresOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly ApiFigures[]>> {
    const rows = ids.length === 0 ? [] : await readFitnessOf(tables.read, ids);
    if (rows.some(({ class_id: id }) => classes.get(id) === undefined)) await classes.refresh();
    const byAgent = new Map<string, FitnessRow[]>(ids.map((id) => [id, []]));
    for (const row of rows) byAgent.get(row.agent_id)?.push(row);
    return new Map([...byAgent].map(([id, own]) => [id, measuredOf(own, (classId) => classes.get(classId))]));
  }

  async function cardsOf(found: readonly ApiAgent[], url: string): Promise<AgentCard[]> {
    const ids = found.map(({ id }) => id);
    const [cards, figures] = await Promise.all([readCards(tables, ids), figuresOf(ids)]);
    const kept = new Map(cards.map(({ agent_id: id, card }) => [id, keptCard(id, card)]));
    const own = { url: `${url}/api/v1/tasks`, protocolBinding: TASKS_BINDING };
    return found.map((agent) =>
      exportCard(registrationOf(agent), {
        own,
        kept: kept.get(agent.id),
        measured: figures.get(agent.id) ?? [],
      }),
    );
  }

  return {
    async add(card, id, by, once) {
      const imported = importCard(card, id);
      if (imported.kind === 'invalid')
        throw new AppError('invalid_params', `The card can't be used: ${imported.problems.join('; ')}.`);
      const { registration, kept, warnings } = imported;
      const agent = await agents.register(registration, by, once, keptText(kept));
      return { agent, warnings: [...warnings] };
    },
    async get(id, url) {
      await registry.meet(id);
      const [card] = await cardsOf([agents.get(id)], url);
      if (card === undefined) throw new AppError('not_found', `There is no agent ${id}.`);
      return card;
    },
    async find(query, url) {
      const { items, nextCursor } = agents.find({ ...query, limit: Math.min(query.limit, MAX_PAGE_CARDS) });
      return { items: await cardsOf(items, url), nextCursor };
    },
    async measured(id) {
      await registry.meet(id);
      const agent = agents.get(id);
      return { ...agent, measured: [...((await figuresOf([id])).get(id) ?? [])] };
    },
  };
}

function registrationOf(agent: ApiAgent) {
  return AgentRegistrationSchema.parse(
    Object.fromEntries(Object.entries(agent).filter(([name]) => name in AgentRegistrationSchema.shape)),
  );
}
