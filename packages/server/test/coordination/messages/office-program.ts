// One of several hosts on one PostgreSQL, by lines of JSON: `{"n", "op", …}` in, `{"n", "value"}` or `{"n", "error"}` out.
// Usage: office-program.ts URL NAME

import { createInterface } from 'node:readline';
import { writeSync } from 'node:fs';
import { MessageSubmissionSchema } from '@tutti/schemas';
import { z } from 'zod';
import { toAppError } from '../../../src/kernel/errors.ts';
import { openDatabase } from '../../../src/store/open-database.ts';
import { LOCAL, MIGRATIONS, openOn } from '../support/open-on.ts';

const [, , url = '', name = ''] = process.argv;
const AskedSchema = z.object({ n: z.number(), op: z.string(), agent: z.string(), more: z.unknown() });

const database = (
  await openDatabase(url, { migrations: MIGRATIONS, replica: name, holder: name })
).over<object>();
const host = await openOn(database);

async function act(op: string, agent: string, more: unknown): Promise<unknown> {
  switch (op) {
    case 'send':
      return (await host.messages.send(MessageSubmissionSchema.parse(more), LOCAL)).id;
    case 'take':
      return (await host.messages.take(agent, { limit: 50 }, LOCAL)).items.map(({ id }) => id);
    case 'come':
      return await host.agent({ id: agent, heartbeatInterval: 3_600 });
    case 'leave':
      return await host.agents.deregister(agent, LOCAL);
  }
  throw new Error(op);
}

async function answer(line: string): Promise<void> {
  const { n, op, agent, more } = AskedSchema.parse(JSON.parse(line));
  try {
    writeSync(1, `${JSON.stringify({ n, value: (await act(op, agent, more)) ?? null })}\n`);
  } catch (error) {
    writeSync(1, `${JSON.stringify({ n, error: toAppError(error).code })}\n`);
  }
}

createInterface({ input: process.stdin }).on('line', (line) => void answer(line));
writeSync(1, 'ready\n');
