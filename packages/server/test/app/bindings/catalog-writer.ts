// Saves one record after another until it is killed; says so on stdout after each. Usage: catalog-writer.ts FOLDER

import { createCatalogFiles } from '../../../src/app/bindings/catalog-files.ts';
import { found } from '../../snapshot/found.ts';

const [, , folder = ''] = process.argv;
const store = createCatalogFiles({ folder, warn: () => undefined });
const empty = { tools: new Map(), prompts: new Map(), resources: new Map(), resourceTemplates: new Map() };
const padding = 'x'.repeat(2_000_000);

for (let round = 1; ; round++) {
  await store.save({
    server: 'git',
    names: { prefix: 'git', given: empty },
    discovery: { configDigest: `round-${round}`, found: found({ tools: [`{"name":"${padding}"}`] }) },
    retiredAtMs: undefined,
  });
  process.stdout.write(`${round}\n`);
}
