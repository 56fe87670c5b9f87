// A socket that sends what is written to it within one turn in one piece: the statements that a transaction hands in
// together cost one call of the system, and the server reads them together.

import { Socket } from 'node:net';

type Written = (error?: Error | null) => void;

export class BurstSocket extends Socket {
  #isCollecting = false;

  override write(
    chunk: Uint8Array | string,
    encoding?: BufferEncoding | Written,
    written?: Written,
  ): boolean {
    if (!this.#isCollecting) {
      this.#isCollecting = true;
      this.cork();
      process.nextTick(() => {
        this.#isCollecting = false;
        this.uncork();
      });
    }
    return typeof encoding === 'string'
      ? super.write(chunk, encoding, written)
      : super.write(chunk, encoding);
  }
}
