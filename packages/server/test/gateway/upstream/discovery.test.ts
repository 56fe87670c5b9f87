// Lists of a server that has more than anybody needs.

import { isScanFailure, scanMessage } from '@tutti/wire';
import { expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { type Discoverable, Discovery, MAX_ITEMS } from '../../../src/gateway/upstream/discovery.ts';
import { HANDSHAKE } from '../../snapshot/found.ts';

test('a list that is too long is cut, which is said once, and its other pages are not asked for', async () => {
  verifies('CAT-03');
  const tools = Array.from({ length: MAX_ITEMS / 2 + 1 }, (_, n) => `{"name":"t${n}"}`).join();
  let pages = 0;
  const instance: Discoverable = {
    state: 'ready',
    handshake: { ...HANDSHAKE, capabilities: Buffer.from('{"tools":{}}') },
    async request() {
      pages++;
      const answer = `{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools}],"nextCursor":"${pages}"}}`;
      const message = scanMessage(Buffer.from(answer));
      if (isScanFailure(message)) throw new Error(message.reason);
      return message;
    },
  };
  const cuts: unknown[] = [];
  const found: number[] = [];
  const discovery = new Discovery(instance, {
    timeoutMs: () => 1_000,
    discovered: ({ tools: listed }) => found.push(listed.length),
    failed: (reason) => expect.unreachable(reason),
    cut: (...cut) => cuts.push(cut),
  });
  discovery.refresh();
  await eventually(() => found.length === 1);
  expect(pages).toBe(2);
  discovery.refresh(['tools']);
  await eventually(() => found.length === 2);
  expect(found).toEqual([MAX_ITEMS, MAX_ITEMS]);
  expect(cuts).toEqual([['tools', MAX_ITEMS]]);
});
