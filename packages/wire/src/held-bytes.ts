// Bytes collected from many chunks, in a buffer that doubles: linear in what is collected, however small the chunks.

const FIRST_CAPACITY_BYTES = 4096;
/** A buffer that had to grow beyond this is not used again. */
const MAX_REUSED_BYTES = 1 << 20;
const EMPTY = Buffer.alloc(0);

export class HeldBytes {
  length = 0;
  #buffer = EMPTY;
  #lent = EMPTY;

  add(bytes: Buffer): void {
    const needed = this.length + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2, FIRST_CAPACITY_BYTES));
      this.#buffer.copy(grown, 0, 0, this.length);
      this.#buffer = grown;
    }
    bytes.copy(this.#buffer, this.length);
    this.length = needed;
  }

  /** All that was collected; it belongs to the caller from now on. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.length);
    this.#buffer = EMPTY;
    this.length = 0;
    return taken;
  }

  /** All that was collected, good until the next but one is lent: the buffer is used again, because garbage outside of
   *  the JavaScript heap makes the collector work hard. */
  lend(): Buffer {
    const lent = this.#buffer.subarray(0, this.length);
    const next = this.#lent;
    this.#lent = this.#buffer.length > MAX_REUSED_BYTES ? EMPTY : this.#buffer;
    this.#buffer = next;
    this.length = 0;
    return lent;
  }
}
