import { describe, expect, test } from 'vitest';
import { RESOURCE_MIGRATIONS } from '../../src/resources/stored/migrations.ts';
import { createStoredResources } from '../../src/resources/stored/stored-resources.ts';
import type { Suspension } from '../../src/resources/suspension.ts';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, openTest, stores } from '../store/support/stores.ts';

closeStoresAfterTests();

const BY_ANN: Omit<Suspension, 'sinceMs'> = {
  suspended: true,
  declared: false,
  origin: 'git:team',
  place: 'override',
  by: 'ann',
};

describe.each(stores)('what is declared without a file, on $name', ({ freshUrl }) => {
  const open = async (url: string) => {
    const database = await openTest(url, { migrations: [RESOURCE_MIGRATIONS] });
    return { stored: createStoredResources(database), database };
  };

  test('is there after a restart, all of it and in order, with who and when', async () => {
    verifies('SRC-06', 'OPS-02');
    const url = freshUrl();
    const first = await open(url);
    const ids = Array.from({ length: 450 }, (_, index) => `MCPServer/s${String(index).padStart(3, '0')}`);
    const atMs = await first.stored.write({
      documents: new Map(ids.map((id) => [id, { text: `{"of": "${id}"}`, by: 'ann' }])),
      suspensions: new Map<string, Omit<Suspension, 'sinceMs'> & { sinceMs?: number }>([
        ['a', BY_ANN],
        ['b', { ...BY_ANN, suspended: false, declared: true, place: 'declaration', sinceMs: 7 }],
        ['c', { ...BY_ANN, place: 'moving' }],
      ]),
    });
    await first.database[Symbol.asyncDispose]();
    const { documents, suspensions } = await (await open(url)).stored.load();
    expect(documents).toEqual(
      ids.map((id) => ({ id, text: `{"of": "${id}"}`, by: 'ann', changedAtMs: atMs })),
    );
    expect([...suspensions]).toEqual([
      ['a', { ...BY_ANN, sinceMs: atMs }],
      ['b', { ...BY_ANN, suspended: false, declared: true, place: 'declaration', sinceMs: 7 }],
      // What was on its way when Tutti was ended counts beside the declaration.
      ['c', { ...BY_ANN, sinceMs: atMs }],
    ]);
  });

  test('is replaced and removed, all at once or not at all', async () => {
    verifies('SRC-06', 'OPS-02');
    const { stored } = await open(freshUrl());
    const put = (text: string) => ({ text, by: 'ann' });
    await stored.write({
      documents: new Map([['MCPServer/a', put('1')]]),
      suspensions: new Map([['a', BY_ANN]]),
    });
    await stored.write({ documents: new Map([['MCPServer/a', put('2')]]) });
    expect((await stored.load()).documents).toMatchObject([{ id: 'MCPServer/a', text: '2' }]);
    const bad = new Map([
      ['MCPServer/a', put('3')],
      ['MCPServer/b', put('not \0 text')],
    ]);
    await expect(stored.write({ documents: bad, suspensions: new Map([['a', null]]) })).rejects.toMatchObject(
      {
        code: 'internal',
      },
    );
    expect(await stored.load()).toMatchObject({ documents: [{ text: '2' }] });
    expect((await stored.load()).suspensions.size).toBe(1);
    await stored.write({ documents: new Map([['MCPServer/a', null]]), suspensions: new Map([['a', null]]) });
    expect(await stored.load()).toEqual({ documents: [], suspensions: new Map() });
  });
});
