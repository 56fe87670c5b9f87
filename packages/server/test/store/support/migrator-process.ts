// Opens a store, which migrates it, and says how it went. Usage: migrator-process.ts URL; starts at a line on stdin.

import { once } from 'node:events';
import { sql } from '../../../src/store/kysely.ts';
import type { ModuleMigrations } from '../../../src/store/migration.ts';
import { openDatabase } from '../../../src/store/open-database.ts';

const slow: ModuleMigrations = {
  module: 'slow',
  migrations: Array.from({ length: 20 }, (_, index) => ({
    number: index + 1,
    name: `step ${index + 1}`,
    async up({ schema, types, queries }) {
      // Long enough for the others to come by.
      await sql`with recursive c (x) as (select 1 union all select x + 1 from c where x < 100000)
        select count(*) from c`.execute(queries());
      await schema.createTable(`slow_${index}`).addColumn('n', types.integer).execute();
      await sql`insert into ${sql.table(`slow_${index}`)} (n) values (${process.pid})`.execute(queries());
    },
  })),
};

const [, , url = ''] = process.argv;
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const database = await openDatabase(url, { migrations: [slow] });
process.stdout.write('migrated\n');
await database[Symbol.asyncDispose]();
process.stdin.destroy();
