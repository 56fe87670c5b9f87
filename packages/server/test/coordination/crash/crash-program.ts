// Runs one scenario of coordination on an empty store, says on stdout what it asked for and was told, and kills itself
// where it is told to. Usage: crash-program.ts URL SCENARIO [COMMIT MOMENT]

import { writeSync } from 'node:fs';
import { openDatabase } from '../../../src/store/open-database.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { MIGRATIONS, openOn } from '../support/open-on.ts';
import { isScenario } from './points.ts';
import { SCENARIOS } from './scenarios.ts';
import { watchedDatabase } from './watched-database.ts';

const [, , url = '', scenario = '', commit, moment] = process.argv;
const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`);

if (!isScenario(scenario)) throw new Error(`there is no scenario ${scenario}`);
const clock = createManualClock(Date.now());
// The manual time is that of leases alone: the store's own limits are true ones.
await using database = await openDatabase(url, { migrations: MIGRATIONS, wallMs: () => clock.nowMs() });
const committed: string[] = [];
const watched = watchedDatabase(database, (reached, at) => {
  if (at === 'after the commit') committed.push(reached);
  if (reached !== commit || at !== moment) return;
  say({ crashes: true, nowMs: clock.nowMs() });
  process.kill(process.pid, 'SIGKILL');
});
await using coordination = await openOn(watched, clock);
await SCENARIOS[scenario]({ coordination, clock, say, committed });
say({ committed });
