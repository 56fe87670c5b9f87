// How a bench process says where it listens: one line on stdout. It ends when it is told to, or when its stdin ends.

import type { AddressInfo, Server } from 'node:net';

export function announce(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const address: AddressInfo | string | null = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    process.stdout.write(`listening on http://127.0.0.1:${address.port}/mcp\n`);
  });
  process.on('SIGTERM', () => process.exit(0));
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}
