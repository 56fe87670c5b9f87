// Several hosts on one PostgreSQL send, take and lose agents at once, and are killed now and then: each message is
// delivered or comes back once, and what was acknowledged is there. TUTTI_TEST_SEED sets what happens when.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createChance } from '../../../../../test/support/chance.ts';
import { nodeArgs, startProcess, type TestProcess } from '../../../../../test/support/process.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { closeStoresAfterTests, openTest, postgres } from '../../store/support/stores.ts';
import { LOCAL, MIGRATIONS, openOn } from '../support/open-on.ts';
import { mailViolations, readMail } from './mail-invariants.ts';

closeStoresAfterTests();

const SEED = Number(process.env['TUTTI_TEST_SEED'] ?? Date.now() % 1_000_000);
const HOSTS = 3;
const AGENTS = 6;
const KILLS = Number(process.env['TUTTI_TEST_FAULTS'] ?? 4);
const OPS_BETWEEN = 120;
const AT_ONCE = 12;

const AnswerSchema = z.object({ n: z.number(), value: z.unknown().optional(), error: z.string().optional() });
/** After these it may have happened. */
const PASSING = ['outcome_unknown', 'unavailable', 'timeout', 'overloaded'];
type Answer = { readonly kind: 'done'; readonly value: unknown } | { readonly kind: 'refused' | 'unknown' };

interface Host {
  readonly process: TestProcess;
  ask(op: string, agent: string, more?: object): Promise<Answer>;
  kill(): Promise<void>;
}

async function startHost(url: string, name: string): Promise<Host> {
  const program = new URL('./office-program.ts', import.meta.url);
  const child = startProcess(process.execPath, nodeArgs(program, url, name));
  const waiting = new Map<number, (answer: Answer) => void>();
  let next = 0;
  let isDead = false;
  const lines = createInterface({ input: child.child.stdout });
  const ready = once(lines, 'line');
  lines.on('line', (line) => {
    if (line === 'ready') return;
    const { n, value, error } = AnswerSchema.parse(JSON.parse(line));
    if (error === undefined) waiting.get(n)?.({ kind: 'done', value });
    else waiting.get(n)?.({ kind: PASSING.includes(error) ? 'unknown' : 'refused' });
    waiting.delete(n);
  });
  await ready;
  return {
    process: child,
    ask(op, agent, more = {}) {
      if (isDead) return Promise.resolve({ kind: 'unknown' });
      const { promise, resolve } = Promise.withResolvers<Answer>();
      const n = next++;
      waiting.set(n, resolve);
      child.child.stdin.write(`${JSON.stringify({ n, op, agent, more })}\n`);
      return promise;
    },
    async kill() {
      isDead = true;
      child.child.kill('SIGKILL');
      await child.ended;
      for (const resolve of waiting.values()) resolve({ kind: 'unknown' });
      waiting.clear();
    },
  };
}

describe.runIf(postgres !== undefined)('three hosts on one PostgreSQL', () => {
  test('lose no message, whoever is killed', { timeout: 180_000 }, async () => {
    verifies('MSG-08', 'OPS-01');
    process.stdout.write(`hosts of messages: TUTTI_TEST_SEED=${SEED}\n`);
    const url = postgres?.freshUrl() ?? '';
    await using stack = new AsyncDisposableStack();
    const hosts = await Promise.all(Array.from({ length: HOSTS }, (_, n) => startHost(url, `host-${n}`)));
    stack.defer(async () => {
      for (const host of hosts) await host.kill();
    });
    const chance = createChance(SEED);
    const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(chance() * all.length)];
    const agents = Array.from({ length: AGENTS }, (_, n) => `a${n}`);
    const sent: string[] = [];
    const taken: string[] = [];
    for (const agent of agents) await pick(hosts)?.ask('come', agent);

    async function one(): Promise<void> {
      const host = pick(hosts);
      const agent = pick(agents) ?? '';
      const how = chance();
      if (how < 0.6) {
        const recipient_ids = agents.filter((id) => id !== agent && chance() < 0.4);
        if (recipient_ids.length === 0) return;
        const answer = await host?.ask('send', agent, { sender_id: agent, recipient_ids, content: 'x' });
        if (answer?.kind === 'done') sent.push(z.string().parse(answer.value));
      } else if (how < 0.87) {
        const answer = await host?.ask('take', agent);
        if (answer?.kind === 'done')
          taken.push(
            ...z
              .array(z.string())
              .parse(answer.value)
              .map((id) => `${id} for ${agent}`),
          );
      } else if (how < 0.93) await host?.ask('leave', agent);
      else await host?.ask('come', agent);
    }

    for (let kills = 0; kills <= KILLS; kills++) {
      for (let done = 0; done < OPS_BETWEEN; done += AT_ONCE) {
        const group = Array.from({ length: AT_ONCE }, one);
        // Some are under way when it dies.
        if (kills < KILLS && done + AT_ONCE >= OPS_BETWEEN) {
          const at = Math.floor(chance() * HOSTS);
          await hosts[at]?.kill();
          hosts[at] = await startHost(url, `host-${at}`);
        }
        await Promise.all(group);
      }
    }
    for (const host of hosts) await host.kill();

    const database = (await openTest(url, { migrations: MIGRATIONS })).over<object>();
    await using last = await openOn(database);
    for (const id of agents)
      if (last.agents.find({ limit: 100 }).items.some((one) => one.id === id))
        await last.messages.take(id, { limit: 200 }, LOCAL);
    const found = await readMail(database);
    expect([...mailViolations(found)]).toEqual([]);
    const there = new Set(found.messages.map(({ id }) => id));
    expect(sent.filter((id) => !there.has(id))).toEqual([]);
    // Nobody was handed the same twice.
    expect(new Set(taken).size).toBe(taken.length);
    process.stdout.write(
      `${found.messages.length} messages, ${found.deliveries.length} deliveries, ${taken.length} taken\n`,
    );
    expect(taken.length).toBeGreaterThan(10);
  });
});
