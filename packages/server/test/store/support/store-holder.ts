// Opens a store as its owner, says so and keeps it until it is killed. Usage: store-holder.ts URL HOLDER

import { openDatabase } from '../../../src/store/open-database.ts';
import { TEST_MIGRATIONS } from './tables.ts';

const [, , url = '', holder] = process.argv;
await openDatabase(url, { migrations: [TEST_MIGRATIONS], holder });
process.stdout.write('open\n');
process.stdin.resume();
