// Graphs at their bounds, between hosts, and after a move to another store.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EntityInput, EntitySchema, MAX_ENTITY_BYTES, MAX_OBSERVATIONS } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChance } from '../../../../../test/support/chance.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_ENTITY_RELATIONS } from '../../../src/coordination/knowledge/graph.ts';
import type { Knowledge } from '../../../src/coordination/knowledge/knowledge.ts';
import type { KnowledgeTables } from '../../../src/coordination/knowledge/queries.ts';
import { COMMON_ENTITIES } from '../../../src/coordination/knowledge/rank.ts';
import { MAX_ANSWER_BYTES } from '../../../src/coordination/knowledge/read.ts';
import type { Database } from '../../../src/store/database.ts';
import { copyStore, restoreBackup, writeBackup } from '../../../src/store/portable/backup.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from '../../store/support/stores.ts';
import { LOCAL, MIGRATIONS, openFresh, openOn } from '../support/open.ts';

closeStoresAfterTests();

const IN_P = { project: 'p', by: LOCAL };

const entity = (given: EntityInput) => EntitySchema.parse(given);
const plain = (name: string, ...observations: string[]) =>
  entity({ name, entityType: 'thing', observations });
const relation = (from: string, to: string, relationType = 'knows') => ({
  from,
  to,
  relationType,
  weight: 1,
  metadata: {},
});
const found = async (knowledge: Knowledge, query: string, limit = 10): Promise<readonly string[]> =>
  (await knowledge.search('p', { query, limit })).entities.map(({ name }) => name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-knowledge-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(stores)('knowledge on $name', ({ name: store, freshUrl }) => {
  test('of one project is not that of another', async () => {
    verifies('KNW-01');
    await using host = await openFresh(freshUrl());
    const { knowledge } = host;
    await knowledge.createEntities([plain('Ada', 'likes tea')], IN_P);
    await knowledge.createEntities([plain('Ada', 'likes tea and coffee')], { ...IN_P, project: 'q' });
    await knowledge.deleteEntities(['Ada'], { ...IN_P, project: 'q' });
    expect(await found(knowledge, 'tea coffee')).toEqual(['Ada']);
    expect((await knowledge.search('q', { query: 'tea', limit: 10 })).entities).toEqual([]);
    expect(await knowledge.graphs()).toMatchObject([
      { project_id: 'p', entities: 1 },
      { project_id: 'q', entities: 0 },
    ]);
    expect(await knowledge.graph('none', { limit: 10 })).toMatchObject({ entities: [], total_entities: 0 });
    await expect(knowledge.graph('p', { limit: 10, cursor: 'bad' })).rejects.toThrow('begin without one');
  });

  test('finds the best among thousands that all have common words', async () => {
    verifies('KNW-01');
    await using host = await openFresh(freshUrl());
    const { knowledge } = host;
    const chance = createChance(5);
    const half = COMMON_ENTITIES + 100;
    for (let at = 0; at < 2 * half; at += 100)
      await knowledge.createEntities(
        Array.from({ length: 100 }, (_, n) =>
          plain(
            `entry ${at + n}`,
            `common words everywhere${chance() < 0.9 ? ' often' : ''}`,
            at < half ? 'alpha' : 'beta',
            at + n === 1_234 ? 'needle' : 'hay',
          ),
        ),
        IN_P,
      );
    await knowledge.createEntities([plain('Often common', 'words'), plain('Last', 'alpha', 'beta')], IN_P);
    expect(await found(knowledge, 'common needle words', 1)).toEqual(['entry 1234']);
    expect(await found(knowledge, 'common often', 1)).toEqual(['Often common']);
    expect(await found(knowledge, 'alpha beta', 1)).toEqual(['Last']);
    const page = await knowledge.search('p', { query: 'everywhere', limit: 150 });
    const next = await knowledge.search('p', { query: 'everywhere', limit: 150, cursor: page.nextCursor });
    expect([page.entities.length, next.entities.length, next.nextCursor]).toEqual([150, 50, undefined]);
    const typed = await knowledge.search('p', { query: 'everywhere', entityType: 'person', limit: 10 });
    expect(typed.entities).toEqual([]);
  });

  test('answers with what fits, and says what does not', async () => {
    verifies('KNW-01');
    await using host = await openFresh(freshUrl());
    const { knowledge } = host;
    const large = 'x'.repeat(4_000);
    const observations = Array.from({ length: 30 }, (_, n) => `${n} ${large}`.slice(0, 4_000));
    const names = Array.from({ length: 8 }, (_, n) => `large ${n}`);
    for (const name of names) await knowledge.createEntities([plain(name, ...observations)], IN_P);
    const opened = await knowledge.open('p', [...names, 'nobody']);
    expect(opened.entities.length).toBe(Math.floor(MAX_ANSWER_BYTES / 120_000));
    expect([...opened.entities.map(({ name }) => name), ...opened.left_out]).toEqual(names);
    expect(opened.missing).toEqual(['nobody']);
    const first = await knowledge.graph('p', { limit: 500 });
    const rest = await knowledge.graph('p', { limit: 500, cursor: first.nextCursor });
    expect([...first.entities, ...rest.entities].map(({ name }) => name)).toEqual(names);
    expect(rest.nextCursor).toBeUndefined();

    const over = knowledge.updateNode('large 0', { metadata: { more: 'y'.repeat(MAX_ENTITY_BYTES) } }, IN_P);
    await expect(over).rejects.toMatchObject({ code: 'too_large' });
    const many = Array.from({ length: MAX_OBSERVATIONS }, (_, n) => `seen ${n}`);
    await knowledge.createEntities([plain('many', ...many)], IN_P);
    const more = [
      { entityName: 'large 1', contents: ['not kept'] },
      { entityName: 'many', contents: ['one more'] },
    ];
    await expect(knowledge.addObservations(more, IN_P)).rejects.toMatchObject({ code: 'too_large' });
    expect(await found(knowledge, 'kept')).toEqual([]);
  });

  test('refuses relations without ends, too many at one entity, and agents that may submit nothing', async () => {
    verifies('KNW-01', 'AGT-07');
    await using host = await openFresh(freshUrl());
    const { knowledge, database } = host;
    await knowledge.createEntities([plain('hub'), plain('leaf')], IN_P);
    await expect(
      knowledge.createRelations([relation('hub', 'leaf'), relation('hub', 'gone')], IN_P),
    ).rejects.toThrow('no entity named "gone"');
    expect((await knowledge.graph('p', { limit: 10 })).relations).toEqual([]);
    await fillRelations(database, MAX_ENTITY_RELATIONS);
    await expect(knowledge.createRelations([relation('hub', 'leaf', 'one more')], IN_P)).rejects.toThrow(
      'may have 10000 relations',
    );
    await host.agent({ id: 'idle', role: 'Idler' });
    const idle = { ...IN_P, by: { ...LOCAL, agentId: 'idle' } };
    await expect(knowledge.deleteEntities(['hub'], idle)).rejects.toMatchObject({ code: 'refused' });
    expect(await knowledge.deleteEntities(['leaf'], IN_P)).toMatchObject({
      deleted_relations: MAX_ENTITY_RELATIONS,
    });
  });

  test('is changed once for one idempotency key', async () => {
    verifies('KNW-01');
    await using host = await openFresh(freshUrl());
    const { knowledge } = host;
    const once = { principal: 'local', key: 'k', digest: 'd' };
    const first = await knowledge.createEntities([plain('Ada')], { ...IN_P, once });
    await knowledge.deleteEntities(['Ada'], IN_P);
    expect(await knowledge.createEntities([plain('Ada')], { ...IN_P, once })).toEqual(first);
    expect((await knowledge.graph('p', { limit: 1 })).total_entities).toBe(0);
    await expect(
      knowledge.createEntities([plain('Bob')], { ...IN_P, once: { ...once, digest: 'other' } }),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  test.each(stores)(
    `is found after a move from ${store} to $name`,
    async ({ name: to, freshUrl: target }) => {
      verifies('KNW-01', 'OPS-02');
      const source = await openTest(freshUrl(), { migrations: MIGRATIONS });
      await using host = await openOn(source.over<object>());
      await host.knowledge.createEntities([plain('Ada', 'likes tea'), plain('Bob', 'likes coffee')], IN_P);
      await host.knowledge.createRelations([relation('Ada', 'Bob')], IN_P);
      const backup = join(folder, `${store}-${to}`);
      await writeBackup(source, backup, 0);
      const urls = [target(), target()] as const;
      await restoreBackup(backup, urls[0], { migrations: MIGRATIONS });
      await copyStore(source, urls[1], { migrations: MIGRATIONS });
      for (const url of urls) {
        await using moved = await openFresh(url);
        expect(await found(moved.knowledge, 'tea')).toEqual(['Ada']);
        await moved.knowledge.deleteEntities(['Ada'], IN_P);
        expect(await found(moved.knowledge, 'likes')).toEqual(['Bob']);
        expect(await moved.knowledge.graph('p', { limit: 10 })).toMatchObject({
          total_entities: 1,
          total_relations: 0,
        });
      }
    },
  );
});

/** Between hub and leaf, as often as told. */
async function fillRelations(database: Database<object>, count: number): Promise<void> {
  await database.over<KnowledgeTables>().transaction(async (tx) => {
    const [hub, leaf] = await tx.selectFrom('knowledge_entities').select('id').orderBy('name').execute();
    if (hub === undefined || leaf === undefined) throw new Error('there are no entities');
    for (let at = 0; at < count; at += 1_000)
      await tx
        .insertInto('knowledge_relations')
        .values(
          Array.from({ length: 1_000 }, (_, n) => ({
            id: leaf.id + 1 + at + n,
            from_id: hub.id,
            to_id: leaf.id,
            type: `type ${at + n}`,
            weight: 1,
            metadata: '{}',
            created_by: 'local',
            created_ms: 0,
          })),
        )
        .execute();
    await tx
      .updateTable('knowledge_graphs')
      .set({ relations: count, last: count + 2 })
      .execute();
  });
}

describe.runIf(postgres !== undefined)('two hosts', () => {
  test('change one graph at once, and no relation loses an end', async () => {
    verifies('KNW-01', 'OPS-01');
    const url = postgres?.freshUrl() ?? '';
    const databases = [await open(), await open()];
    const hosts = await Promise.all(databases.map((database) => openOn(database)));
    const names = Array.from({ length: 6 }, (_, n) => `node ${n}`);
    await Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        const chance = createChance(worker);
        const pick = (): string => names[Math.floor(chance() * names.length)] ?? '';
        const knowledge = hosts[worker % 2]?.knowledge;
        for (let n = 0; n < 25; n++) {
          const act = chance();
          if (act < 0.4) await knowledge?.createEntities([plain(pick(), pick())], IN_P);
          else if (act < 0.6) await knowledge?.deleteEntities([pick(), pick()], IN_P);
          else
            await knowledge
              ?.createRelations([relation(pick(), pick()), relation(pick(), pick())], IN_P)
              .catch((error: unknown) => expect(error).toMatchObject({ code: 'not_found' }));
        }
      }),
    );
    const { read } = databases[0]?.over<KnowledgeTables>() ?? expect.unreachable();
    const entities = await read.selectFrom('knowledge_entities').select(['id', 'name']).execute();
    const relations = await read.selectFrom('knowledge_relations').selectAll().execute();
    const ids = new Set(entities.map(({ id }) => id));
    expect(relations.filter(({ from_id, to_id }) => !ids.has(from_id) || !ids.has(to_id))).toEqual([]);
    expect(new Set(entities.map(({ name }) => name)).size).toBe(entities.length);
    const [graph] = await read.selectFrom('knowledge_graphs').selectAll().execute();
    expect([graph?.entities, graph?.relations]).toEqual([entities.length, relations.length]);
    for (const host of hosts) await host[Symbol.asyncDispose]();

    async function open(): Promise<Database<object>> {
      return (await openTest(url, { migrations: MIGRATIONS })).over<object>();
    }
  }, 120_000);
});
