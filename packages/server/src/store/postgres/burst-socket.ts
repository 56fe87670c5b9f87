// A socket that sends what is written to it within one turn in one piece: the statements that a transaction hands in
// together cost one call of the system, and the server reads them together. Over TLS it is a socket like any other.

import { Socket } from 'node:net';

type Written = (error?: Error | null) => void;

export function createBurstSocket(): Socket {
  const socket = new Socket();
  let isCollecting = false;

  function collect(): void {
    if (isCollecting) return;
    isCollecting = true;
    socket.cork();
    process.nextTick(() => {
      isCollecting = false;
      socket.uncork();
    });
  }

  // Not earlier: `connect` gives a socket the `write` of all sockets.
  socket.once('connect', () => {
    const write = socket.write.bind(socket);
    socket.write = (
      chunk: Uint8Array | string,
      encoding?: BufferEncoding | Written,
      written?: Written,
    ): boolean => {
      collect();
      return typeof encoding === 'string' ? write(chunk, encoding, written) : write(chunk, encoding);
    };
  });
  return socket;
}
