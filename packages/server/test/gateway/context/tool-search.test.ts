import { expect, test } from 'vitest';
import { MAX_PLACES, ToolSearch } from '../../../src/gateway/context/tool-search.ts';
import { CatalogView } from '../../../src/gateway/routing/catalog-view.ts';
import { WHOLE_CATALOG } from '../../../src/gateway/routing/selection.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { createCatalogWorld } from '../../snapshot/catalog-world.ts';

const tool = (name: string, description: string): string =>
  JSON.stringify({ name, description, inputSchema: { type: 'object' } });

test('words that nearly every tool has are left out of a search over very many', async () => {
  verifies('CAT-06');
  const world = createCatalogWorld();
  const common = 'record '.repeat(20);
  const many = Array.from({ length: MAX_PLACES / 20 }, (_, index) => tool(`t${index}`, common));
  world.put('many', { tools: many });
  world.put('zoo', {
    tools: [tool('count', 'counts each zebra of a record'), tool('createZebra', 'adds one')],
  });
  const view = new CatalogView(world.snapshot, WHOLE_CATALOG);
  const search = new ToolSearch(view);
  expect(await search.find('record of a zebra', 10)).toEqual(['zoo_count', 'zoo_createZebra']);
  expect(await search.find('record', 10)).toHaveLength(10);

  // What is gone does not count.
  world.put('many', { tools: [tool('only', 'a record')] });
  view.follow(world.snapshot);
  expect(await search.find('zebra record', 10)).toContain('many_only');
});
