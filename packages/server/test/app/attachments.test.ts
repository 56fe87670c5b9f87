import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import {
  ATTACH_PATH,
  ATTACHED_SIGN_MS,
  createAttachments,
  UNUSED_GRACE_MS,
} from '../../src/app/attachments.ts';
import { createManualClock } from '../kernel/manual-clock.ts';

/** After so much silence Node's own fetch takes a body for lost; `tutti stdio` attaches with it. */
const FETCH_BODY_TIMEOUT_MS = 300_000;

const TOKEN = 'Bearer the-instance-token';

async function start() {
  const clock = createManualClock();
  let unused = 0;
  const attachments = createAttachments({
    clock,
    isAdmitted: (authorization) => authorization === TOKEN,
    unused: () => unused++,
  });
  const server = createServer((request, response) => {
    if (!attachments.handle(request, response)) response.writeHead(401).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    clock,
    unused: () => unused,
    attach: (signal?: AbortSignal) =>
      fetch(`http://127.0.0.1:${port}${ATTACH_PATH}`, {
        headers: { authorization: TOKEN },
        signal: signal ?? null,
      }),
    url: `http://127.0.0.1:${port}${ATTACH_PATH}`,
    async [Symbol.asyncDispose]() {
      attachments[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('attachments', () => {
  test('each hears something again and again', async () => {
    verifies('GW-02');
    await using host = await start();
    const readers = (await Promise.all([host.attach(), host.attach()])).map(({ body }) => body?.getReader());
    expect(ATTACHED_SIGN_MS * 3).toBeLessThan(FETCH_BODY_TIMEOUT_MS);
    for (let round = 0; round < 3; round++) {
      host.clock.advance(ATTACHED_SIGN_MS);
      for (const reader of readers) expect((await reader?.read())?.value?.length).toBe(1);
    }
    expect(host.unused()).toBe(0);
  });

  test('a stranger keeps nothing open', async () => {
    verifies('SEC-02');
    await using host = await start();
    expect((await fetch(host.url)).status).toBe(401);
    expect((await fetch(host.url, { headers: { authorization: 'Bearer guessed' } })).status).toBe(401);
    host.clock.advance(UNUSED_GRACE_MS);
    expect(host.unused()).toBe(1);
  });

  test('without any the host is not needed, and no timer goes on', async () => {
    await using host = await start();
    const own = new AbortController();
    await host.attach(own.signal);
    host.clock.advance(UNUSED_GRACE_MS * 10);
    expect(host.unused()).toBe(0);
    own.abort();
    // The sign and the grace time.
    await eventually(() => host.clock.waiting === 2, { what: 'the host notices' });
    host.clock.advance(UNUSED_GRACE_MS);
    expect(host.unused()).toBe(1);
    host.clock.advance(ATTACHED_SIGN_MS);
    expect(host.clock.waiting).toBe(0);
  });
});
