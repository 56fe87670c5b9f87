import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { findPortHolder, listeningInodes } from '../../../src/runner/process/port-holder.ts';
import { verifies } from '../../../../../test/verifies.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 123456 1 0000000000000000
   1: 0100007F:0BB9 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 123457 1 0000000000000000
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 123458 1 0000000000000000
`;

test('only what listens on the port counts', () => {
  expect(listeningInodes(TABLE, 3_001)).toEqual(['123456']);
  expect(listeningInodes(TABLE, 8_080)).toEqual(['123458']);
  expect(listeningInodes(TABLE, 3_002)).toEqual([]);
  expect(listeningInodes('', 3_001)).toEqual([]);
});

test('the process that listens is found, and none on a free port', async () => {
  verifies('SRV-07');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const found = process.platform === 'linux' ? process.pid : undefined;
  expect((await findPortHolder(port))?.pid).toBe(found);
  server.close();
  await once(server, 'close');
  expect(await findPortHolder(port)).toBeUndefined();
});
