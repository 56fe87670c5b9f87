// Bytes collected from many chunks, in a buffer that doubles: linear in what is collected, however small the chunks.
// What was taken stays as it is until the next but one is taken: buffers are used again, because garbage outside of the
// JavaScript heap makes the collector work hard.

const FIRST_CAPACITY_BYTES = 4096;
/** A buffer that had to grow beyond this is let go. */
const MAX_REUSED_BYTES = 1 << 20;
const EMPTY = Buffer.alloc(0);

export class HeldBytes {
  length = 0;
  #buffer = EMPTY;
  /** The buffer of what was taken last. */
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

  /** All that was collected. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.length);
    const next = this.#lent;
    this.#lent = this.#buffer.length > MAX_REUSED_BYTES ? EMPTY : this.#buffer;
    this.#buffer = next;
    this.length = 0;
    return taken;
  }
}
