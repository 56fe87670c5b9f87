// Leases as agents have them: asked for, waited for, lost with their agents and tasks.

import {
  AgentRegistrationSchema,
  type LeaseAnswer,
  LeaseRequestSchema,
  type LeaseRequestInput,
} from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import type { LeaseTables } from '../../../src/coordination/leases/lease-row.ts';
import { MAX_AGENT_LEASES } from '../../../src/coordination/leases/requests.ts';
import { closeStoresAfterTests, stores } from '../../store/support/stores.ts';
import { ADMIN, LOCAL, openFresh, STRANGER, type TestCoordination } from '../support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();
const LONG = 3_600;

describe.each(stores)('leases on $name', ({ freshUrl }) => {
  async function open(...agents: readonly string[]): Promise<TestCoordination> {
    const host = await openFresh(freshUrl());
    for (const id of agents) await host.agent({ id, heartbeatInterval: LONG });
    return host;
  }

  const acquire = (
    { leases }: TestCoordination,
    agent: string,
    paths: readonly string[],
    more: Partial<LeaseRequestInput> = {},
  ): Promise<LeaseAnswer> =>
    leases.acquire(LeaseRequestSchema.parse({ agent_id: agent, paths, ...more }), LOCAL, signal);

  const release = (host: TestCoordination, agent_id: string, ...paths: string[]) =>
    host.leases.release({ agent_id, paths }, LOCAL);

  const waiting = async ({ database }: TestCoordination, count: number): Promise<void> => {
    const { read } = database.over<LeaseTables>();
    await eventually(
      async () => (await read.selectFrom('leases_tickets').select('id').execute()).length === count,
      { what: `${count} wait` },
    );
  };

  test('have one holder, who is told to whoever is refused', async () => {
    verifies('LCK-01', 'LCK-02');
    await using host = await open('ada', 'bob');
    const first = await acquire(host, 'ada', ['src/a.ts'], { reason: 'tidying' });
    expect(first).toMatchObject({
      status: 'acquired',
      lease: { agent_id: 'ada', paths: ['src/a.ts'], fence: 1 },
    });
    const again = await acquire(host, 'ada', ['src/a.ts']);
    expect(again.lease?.id).toBe(first.lease?.id);
    const refused = await acquire(host, 'bob', ['src/a.ts']);
    expect(refused).toMatchObject({
      status: 'refused',
      holders: [{ agent_id: 'ada', reason: 'tidying' }],
      queue_length: 0,
      message: expect.stringContaining('ada has src/a.ts to itself ("tidying"), until '),
    });
    const checked = await host.leases.check({ paths: ['src/a.ts', 'src/b.ts'], agent_id: 'ada' });
    expect(checked.items).toMatchObject([
      { path: 'src/a.ts', status: 'exclusive', yours: true, holders: [{ agent_id: 'ada' }] },
      { path: 'src/b.ts', status: 'free', yours: false, holders: [] },
    ]);
    expect(await release(host, 'ada', './src//a.ts')).toMatchObject({ released: [{ paths: ['src/a.ts'] }] });
    expect(await release(host, 'ada', 'src/a.ts')).toEqual({ released: [] });
    const next = await acquire(host, 'bob', ['src/a.ts']);
    expect(next.status).toBe('acquired');
    expect(next.lease?.fence).toBeGreaterThan(first.lease?.fence ?? 0);
  });

  test('of several paths are had together or not at all', async () => {
    verifies('LCK-03');
    await using host = await open('ada', 'bob');
    await acquire(host, 'ada', ['src/a.ts']);
    expect((await acquire(host, 'bob', ['docs', 'SRC/A.ts'])).status).toBe('refused');
    expect((await host.leases.list({ limit: 10 })).items).toHaveLength(1);
    await acquire(host, 'bob', ['docs/*.md', 'lib'], { mode: 'shared' });
    expect((await acquire(host, 'ada', ['docs/x.md'], { mode: 'shared' })).status).toBe('acquired');
    expect((await acquire(host, 'ada', ['docs/x.md'])).status).toBe('refused');
    await release(host, 'bob', 'docs/*.md');
    expect((await acquire(host, 'ada', ['docs/x.md'])).status).toBe('acquired');
    expect((await acquire(host, 'ada', ['lib/x'])).status).toBe('refused');
  });

  test('are waited for in line, and a wide glob is not passed by', async () => {
    verifies('LCK-02', 'LCK-05');
    await using host = await open('ada', 'bob', 'cyd');
    await acquire(host, 'ada', ['src/a.ts']);
    const wide = acquire(host, 'bob', ['**'], { wait_seconds: 45 });
    await waiting(host, 1);
    const late = acquire(host, 'cyd', ['src/a.ts'], { wait_seconds: 45 });
    await waiting(host, 2);
    expect(await acquire(host, 'cyd', ['other'])).toMatchObject({ status: 'refused', queue_length: 1 });
    const detail = await host.leases.get((await host.leases.list({ limit: 1 })).items[0]?.id ?? '');
    expect(detail.waiting.map(({ agent_id }) => agent_id)).toEqual(['bob', 'cyd']);
    await release(host, 'ada', 'src/a.ts');
    expect(await wide).toMatchObject({ status: 'acquired', lease: { agent_id: 'bob' } });
    await release(host, 'bob', '**');
    expect(await late).toMatchObject({ status: 'acquired', lease: { agent_id: 'cyd' } });
  });

  test('that are waited for in a circle are told, not waited for', async () => {
    verifies('LCK-02');
    await using host = await open('ada', 'bob');
    await acquire(host, 'ada', ['a']);
    await acquire(host, 'bob', ['b']);
    const first = acquire(host, 'ada', ['b'], { wait_seconds: 45 });
    await waiting(host, 1);
    expect(await acquire(host, 'bob', ['a'], { wait_seconds: 45 })).toMatchObject({
      status: 'refused',
      message: expect.stringContaining('You would wait for each other: ada waits for you.'),
    });
    await release(host, 'bob', 'b');
    expect((await first).status).toBe('acquired');
  });

  test('a place in line is kept for a while, and who has it is told when the files are free', async () => {
    verifies('LCK-02');
    await using host = await open('ada', 'bob', 'cyd');
    await acquire(host, 'ada', ['a']);
    expect(await acquire(host, 'bob', ['a'], { wait_seconds: 0.05 })).toMatchObject({ status: 'waiting' });
    await release(host, 'ada', 'a');
    expect((await host.agents.notice('bob', LOCAL)).leases).toMatchObject([{ kind: 'free', paths: ['a'] }]);
    expect((await acquire(host, 'cyd', ['a'])).status).toBe('refused');
    expect((await acquire(host, 'bob', ['a'])).status).toBe('acquired');
  });

  test('who gives up waiting leaves the line', async () => {
    verifies('LCK-02');
    await using host = await open('ada', 'bob');
    await acquire(host, 'ada', ['a']);
    const gone = new AbortController();
    const request = LeaseRequestSchema.parse({ agent_id: 'bob', paths: ['a'], wait_seconds: 45 });
    const given = host.leases.acquire(request, LOCAL, gone.signal);
    await waiting(host, 1);
    gone.abort(new Error('gave up'));
    await expect(given).rejects.toThrow('gave up');
    await waiting(host, 0);
  });

  test('end with the task that they are for', async () => {
    verifies('LCK-02');
    await using host = await open('ada', 'bob');
    await host.task({ id: 'work' });
    await expect(acquire(host, 'ada', ['a'], { task_id: 'work' })).rejects.toThrow(
      'ada does not have the task work',
    );
    const handout = await host.agents.next('ada', 20_000, LOCAL, signal);
    await acquire(host, 'ada', ['a'], { task_id: 'work' });
    await acquire(host, 'ada', ['kept']);
    const next = acquire(host, 'bob', ['a'], { wait_seconds: 45 });
    await waiting(host, 1);
    await host.tasks.complete({ taskId: 'work', agentId: 'ada', claim: handout?.claim ?? 0 }, LOCAL);
    expect((await next).status).toBe('acquired');
    expect((await acquire(host, 'bob', ['kept'])).status).toBe('refused');
    expect((await host.agents.notice('ada', LOCAL)).leases).toMatchObject([
      {
        kind: 'lost',
        paths: ['a'],
        message: expect.stringContaining('ada does not have the task work any more'),
      },
    ]);
    expect((await host.agents.notice('ada', LOCAL)).leases).toBe(undefined);
  });

  test('end with the agent', async () => {
    verifies('LCK-02');
    await using host = await open('ada', 'bob');
    await acquire(host, 'ada', ['a']);
    const next = acquire(host, 'bob', ['a'], { wait_seconds: 45 });
    await waiting(host, 1);
    await host.agents.deregister('ada', LOCAL);
    expect((await next).status).toBe('acquired');
    // One of the same name is another agent.
    await host.agent({ id: 'ada', heartbeatInterval: LONG });
    expect((await acquire(host, 'ada', ['a'])).status).toBe('refused');
  });

  test('are given back by their agent, or taken by an administrator', async () => {
    verifies('LCK-01', 'LCK-02');
    await using host = await open('ada', 'bob');
    const { lease } = await acquire(host, 'ada', ['a', 'b']);
    const id = lease?.id ?? '';
    const wrong = { code: 'refused', details: { kind: 'wrong_agent' } };
    await expect(release(host, 'bob', 'a')).rejects.toMatchObject(wrong);
    await expect(
      host.leases.release({ agent_id: 'bob', lease_id: id, paths: [] }, LOCAL),
    ).rejects.toMatchObject(wrong);
    await expect(host.leases.release({ lease_id: id, paths: [] }, LOCAL)).rejects.toMatchObject(wrong);
    await expect(host.leases.release({ agent_id: 'ada', lease_id: id, paths: [] }, STRANGER)).rejects.toThrow(
      'belongs to another principal',
    );
    await expect(host.leases.release({ agent_id: 'ada', paths: [] }, LOCAL)).rejects.toThrow(
      'Give lease_id, or',
    );
    await expect(release(host, 'ada', 'a/x')).rejects.toThrow('ada has a/x as a part of a, b');
    await release(host, 'ada', 'b');
    expect((await host.leases.get(id)).paths).toEqual(['a']);
    expect(await host.leases.release({ lease_id: id, paths: [] }, ADMIN)).toMatchObject({
      released: [{ paths: ['a'] }],
    });
    expect((await host.agents.notice('ada', LOCAL)).leases).toMatchObject([{ kind: 'lost', lease_id: id }]);
    expect(await host.leases.release({ lease_id: id, paths: [] }, ADMIN)).toEqual({ released: [] });
    await expect(host.leases.get(id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('are bounded, and a path that is none is refused', async () => {
    verifies('LCK-03');
    await using host = await open('ada');
    for (const path of ['../a', '/etc/passwd', 'a/../../b', 'a\\b', 'a\nb'])
      await expect(acquire(host, 'ada', [path])).rejects.toMatchObject({
        details: { kind: expect.any(String) },
      });
    await expect(acquire(host, 'ada', ['a'], { space: 'elsewhere' })).rejects.toThrow(
      'There is no space elsewhere',
    );
    await expect(acquire(host, 'eve', ['a'])).rejects.toMatchObject({ code: 'not_found' });
    const worst = Array.from({ length: 64 }, (_, n) => `${'**/*a*/'.repeat(30)}${n}`);
    await expect(acquire(host, 'ada', worst)).resolves.toMatchObject({ status: 'acquired' });
    await host.agent({ id: 'bob', heartbeatInterval: LONG });
    await expect(
      acquire(
        host,
        'bob',
        worst.map((path) => `${path}x`),
      ),
    ).rejects.toMatchObject({
      code: 'too_large',
      details: { kind: 'too_complex' },
    });
    await release(host, 'ada', ...worst);
    const all = Array.from({ length: MAX_AGENT_LEASES }, (_, n) => acquire(host, 'bob', [`x${n}`]));
    const outcomes = await Promise.allSettled(all);
    expect(
      outcomes.filter((one) => one.status === 'fulfilled' && one.value.status === 'acquired'),
    ).toHaveLength(MAX_AGENT_LEASES);
    await expect(acquire(host, 'bob', ['y'])).rejects.toMatchObject({ code: 'overloaded' });
  });

  test('a write is let through while its agent has the file, and not after', async () => {
    verifies('LCK-04', 'LCK-05');
    await using host = await open('ada', 'bob');
    let writes = 0;
    const write = (agentId: string, fence?: number) =>
      host.leases.write({ space: 'default', agentId, paths: ['src/a.ts'], fence }, LOCAL, () => ++writes);
    await expect(write('ada')).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('Nobody has it: call acquire_file_lock'),
    });
    const first = await acquire(host, 'ada', ['src']);
    expect(await write('ada', first.lease?.fence)).toBe(1);
    await expect(write('bob')).rejects.toThrow('ada has src to itself');
    await release(host, 'ada', 'src');
    await acquire(host, 'ada', ['src/a.ts'], { mode: 'shared' });
    await expect(write('ada')).rejects.toMatchObject({ details: { kind: 'no_lease' } });
    await acquire(host, 'ada', ['src/a.ts']);
    await expect(write('ada', first.lease?.fence)).rejects.toMatchObject({
      details: { kind: 'stale_fence' },
    });
    expect(writes).toBe(1);
  });

  test('register anew takes nothing of an agent that is silent', async () => {
    verifies('LCK-02');
    await using host = await open('bob');
    await host.agents.register(AgentRegistrationSchema.parse({ id: 'ada', heartbeatInterval: 1 }), LOCAL);
    await acquire(host, 'ada', ['a']);
    const next = await acquire(host, 'bob', ['a'], { wait_seconds: 45 });
    expect(next.status).toBe('acquired');
    expect(host.happenings.agents).toContain('ada silent');
    expect((await host.agents.notice('ada', LOCAL)).leases).toMatchObject([
      {
        kind: 'lost',
        message: expect.stringContaining('nothing was heard of ada for 2 heartbeat intervals'),
      },
    ]);
  });
});
