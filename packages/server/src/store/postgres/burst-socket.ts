// A socket that sends what is written to it within one turn in one piece: the statements that a transaction hands in
// together cost one call of the system, and the server reads them together.

import { Socket } from 'node:net';

export class BurstSocket extends Socket {
  #isCollecting = false;

  override write(...written: unknown[]): boolean {
    if (!this.#isCollecting) {
      this.#isCollecting = true;
      this.cork();
      process.nextTick(() => {
        this.#isCollecting = false;
        this.uncork();
      });
    }
    return Reflect.apply(super.write, this, written);
  }
}
