// A worker in a process of its own, which may be stopped and woken: a line of JSON for each operation. Hosts may move: the
// ports are read from a file. Usage: worker-program.ts ID PORTS_FILE SEED

import { readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { createChance } from '../../../../../test/support/chance.ts';
import { work } from './worker.ts';

const [, , id = '', file = '', seed = ''] = process.argv;
const PortsSchema = z.array(z.number());

await work({
  id,
  ports: () => PortsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))),
  chance: createChance(Number(seed)),
  record: (operation) => void writeSync(1, `${JSON.stringify(operation)}\n`),
  workMs: 100,
  signal: new AbortController().signal,
});
