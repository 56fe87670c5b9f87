import { expect, test } from 'vitest';
import { MAX_PLACES } from '../../../src/gateway/context/query-words.ts';
import { COMMON_PLACES, ToolIndex } from '../../../src/gateway/context/tool-index.ts';
import { ToolSearch } from '../../../src/gateway/context/tool-search.ts';
import { CatalogView } from '../../../src/gateway/routing/catalog-view.ts';
import { WHOLE_CATALOG } from '../../../src/gateway/routing/selection.ts';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { createCatalogWorld } from '../../snapshot/catalog-world.ts';

const tool = (name: string, description: string): string =>
  JSON.stringify({ name, description, inputSchema: { type: 'object' } });

test('words that nearly every tool has are left out of a search over very many', async () => {
  verifies('CAT-06');
  const world = createCatalogWorld();
  const many = Array.from({ length: MAX_PLACES + 1 }, (_, index) => tool(`t${index}`, 'keeps a record'));
  world.put('many', { tools: many });
  world.put('zoo', {
    tools: [tool('count', 'counts each zebra of a record'), tool('createZebra', 'adds one')],
  });
  const view = new CatalogView(world.snapshot, WHOLE_CATALOG);
  const search = new ToolSearch(view);
  expect((await search.find('record of a zebra', 10)).toSorted()).toEqual(['zoo_count', 'zoo_createZebra']);
  // Where nothing else is asked for they are found all the same, in the name first, also by what is near to them.
  expect(await search.find('record', 10)).toHaveLength(10);
  expect(await search.find('recort', 10)).toHaveLength(10);
  expect((await search.find('many', 3)).every((name) => name.startsWith('many_'))).toBe(true);

  // What is gone does not count, once it is swept out of the index.
  world.put('many', { tools: [tool('only', 'a record')] });
  view.follow(world.snapshot);
  await eventually(async () => (await search.find('zebra record', 10)).includes('many_only'));
});

test('names, then descriptions; other forms of a word and slips of the pen are found', async () => {
  verifies('CAT-06');
  const world = createCatalogWorld();
  world.put('git', {
    tools: [
      tool('createPullRequest', 'Opens one'),
      tool('list', 'Lists every pull request of a repository'),
      tool('calendars', 'Unlike the others'),
    ],
  });
  const search = new ToolSearch(new CatalogView(world.snapshot, WHOLE_CATALOG));
  expect(await search.find('pull request', 10)).toEqual(['git_createPullRequest', 'git_list']);
  expect(await search.find('calendar', 10)).toEqual(['git_calendars']);
  expect(await search.find('repositroy', 10)).toEqual(['git_list']);
  expect(await search.find('nothing like it', 10)).toEqual([]);
});

test('of a word that is in no search any more only so many places are kept', () => {
  verifies('CAT-06');
  const index = new ToolIndex();
  const put = (from: number, count: number): void =>
    index.put(
      Array.from({ length: count }, (_, at) => ({
        id: `t${from + at}`,
        name: `t${from + at}`,
        about: 'record',
      })),
    );
  put(0, COMMON_PLACES);
  put(COMMON_PLACES, 500);
  expect(index.places('record')).toBe(COMMON_PLACES);
  expect([...index.find(`t${COMMON_PLACES + 3} record`)][0]).toBe(`t${COMMON_PLACES + 3}`);
});
