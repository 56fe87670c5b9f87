// Remembers what was used until it would have expired anyway.

/** Beyond it the oldest entries are forgotten. */
const MAX_USED = 100_000;

export class UsedOnce {
  readonly #expiry = new Map<string, number>();

  /** False when the nonce was used before. */
  use(nonce: string, expiresMs: number, nowMs: number): boolean {
    if (this.#expiry.has(nonce)) return false;
    for (const [old, until] of this.#expiry) {
      if (until > nowMs && this.#expiry.size < MAX_USED) break;
      this.#expiry.delete(old);
    }
    this.#expiry.set(nonce, expiresMs);
    return true;
  }
}
