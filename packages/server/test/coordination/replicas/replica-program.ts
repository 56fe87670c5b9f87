// One of several hosts of coordination on one PostgreSQL: answers each POST of {op, args}, and says its port on stdout.
// Usage: replica-program.ts URL NAME

import { writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { AgentRegistrationSchema, TaskSubmissionSchema } from '@tutti/schemas';
import { z } from 'zod';
import { toAppError } from '../../../src/kernel/errors.ts';
import { openDatabase } from '../../../src/store/open-database.ts';
import { LOCAL, MIGRATIONS, openOn } from '../support/open-on.ts';
import { leaseOps } from './lease-ops.ts';

const [, , url = '', name = ''] = process.argv;
const OnceSchema = z.object({ principal: z.string(), key: z.string(), digest: z.string() });
const report = { taskId: z.string(), agentId: z.string(), claim: z.number() };

const database = await openDatabase(url, { migrations: MIGRATIONS, replica: name, holder: name });
const { agents, tasks, leases } = await openOn(database);

const OPS: Readonly<Record<string, (args: unknown, signal: AbortSignal) => Promise<unknown>>> = {
  register: (args) => agents.register(AgentRegistrationSchema.parse(args), LOCAL),
  async next(args, signal) {
    const { agent } = z.object({ agent: z.string() }).parse(args);
    return (await agents.next(agent, 500, LOCAL, signal)) ?? null;
  },
  held: (args) => agents.held(z.object({ agent: z.string() }).parse(args).agent, LOCAL),
  submit(args) {
    const { task, once } = z.object({ task: TaskSubmissionSchema, once: OnceSchema }).parse(args);
    return tasks.submit(task, LOCAL, once);
  },
  start: (args) => tasks.start(z.object(report).parse(args), LOCAL),
  progress: (args) => tasks.progress({ ...z.object(report).parse(args), progress: 0.5 }, LOCAL),
  release: (args) => tasks.release({ ...z.object(report).parse(args), reason: 'chance' }, LOCAL),
  fail: (args) => tasks.fail({ ...z.object(report).parse(args), error: 'chance', retryable: true }, LOCAL),
  complete(args) {
    const { once, ...said } = z.object({ ...report, once: OnceSchema }).parse(args);
    return tasks.complete({ ...said, once, result: { agent: said.agentId, claim: said.claim } }, LOCAL);
  },
};
const LEASE_OPS = leaseOps({ leases });
const AskedSchema = z.object({ op: z.string(), args: z.unknown() });

const server = createServer((request, response) => void serve(request, response));

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const { op, args } = AskedSchema.parse(await json(request));
    const value = await (OPS[op] ?? LEASE_OPS[op])?.(args, gone.signal);
    response.end(JSON.stringify({ value }));
  } catch (error) {
    const { code, message, details } = toAppError(error);
    response.end(JSON.stringify({ error: { code, message, kind: details['kind'] } }));
  }
}
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') writeSync(1, `${address.port}\n`);
});
