// Faults of our own cost the request they come up in, which is answered, and no other. Where one is not contained it ends
// the process, which fails the whole run.

import { NOWHERE } from '../../src/kernel/bag.ts';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { openLegacy } from '../../../../test/support/raw-client.ts';
import { verifies } from '../../../../test/verifies.ts';
import { Deadlines } from '../../src/gateway/upstream/deadlines.ts';
import { createManualClock } from '../kernel/manual-clock.ts';
import { startInProcess } from './in-process.ts';

const FAULT = new Error('a fault of ours');
const INTERNAL = { code: -32603, message: 'Internal error; it is in the log of tutti.' };

function fail(): never {
  throw FAULT;
}

describe('a fault of ours', () => {
  test('in a message of HTTP+SSE', async () => {
    verifies('GW-08');
    let faulty = true;
    await using gateway = await startInProcess({
      events: {
        callFinished() {
          if (faulty) fail();
        },
      },
    });
    const response = await fetch(`${gateway.url}/sse`);
    const heard: string[] = [];
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) heard.push(decoder.decode(chunk));
    })();
    const hear = (pattern: RegExp) =>
      eventually(() => pattern.exec(heard.join(''))?.[1], { what: String(pattern) });
    const path = await hear(/data: (\/messages\S+)/);
    const post = (message: object) =>
      fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      });
    await post({ id: 1, method: 'initialize', params: { protocolVersion: '2024-11-05', capabilities: {} } });
    await post({ id: 'call', method: 'tools/call', params: { name: 'one_t' } });
    expect(JSON.parse(await hear(/data: (\{.*"id":"call".*)\n/))).toMatchObject({ error: INTERNAL });
    expect(gateway.faults).toEqual([FAULT]);
    faulty = false;
    await post({ id: 'next', method: 'tools/call', params: { name: 'one_t' } });
    expect(await hear(/data: (\{.*"id":"next".*)\n/)).toContain('held back by the test');
    await gateway[Symbol.asyncDispose]();
    await reading.catch(() => undefined);
  });

  test('in what is answered later', async () => {
    verifies('GW-08');
    await using gateway = await startInProcess({
      limits: {
        get maxSubscriptions(): number {
          return fail();
        },
      },
    });
    const client = await openLegacy(`${gateway.url}/mcp`);
    const { error } = await client.request('resources/subscribe', '{"uri":"x:1"}');
    expect(JSON.parse(error ?? '')).toMatchObject(INTERNAL);
    expect(gateway.faults).toEqual([FAULT]);
    expect((await client.request('ping')).result).toBe('{}');
  });

  test('at one deadline leaves the others', () => {
    verifies('GW-08');
    const clock = createManualClock();
    const due: string[] = [];
    const faults: unknown[] = [];
    const act = ({ name }: { name: string }): void => {
      due.push(name);
      if (name === 'bad') fail();
    };
    using deadlines = new Deadlines<{ name: string; deadlineMs: number; place: number }>(
      clock,
      act,
      (error) => faults.push(error),
    );
    const add = (name: string, inMs: number): void =>
      deadlines.add({ name, deadlineMs: clock.nowMs() + inMs, place: NOWHERE });
    for (const name of ['good', 'bad', 'good']) add(name, 50);
    add('later', 500);
    clock.advance(200);
    expect(due.toSorted()).toEqual(['bad', 'good', 'good']);
    clock.advance(1_000);
    expect(due).toContain('later');
    expect(faults).toEqual([FAULT]);
    expect(deadlines.size).toBe(0);
  });
});
