// The way back of a request that is about a task: what ends it is changed for the client first.

import type { Ask, Channel, Reply, Standing } from '../exchange.ts';

export class TaskChannel implements Channel {
  readonly standing?: Standing;
  readonly #inner: Channel;
  readonly #change: (reply: Reply) => Reply;

  constructor(inner: Channel, change: (reply: Reply) => Reply) {
    this.#inner = inner;
    this.#change = change;
    if (inner.standing !== undefined) this.standing = inner.standing;
  }

  notify(message: Buffer): void {
    this.#inner.notify(message);
  }

  ask(ask: Ask): void {
    this.#inner.ask(ask);
  }

  finish(reply: Reply): void {
    this.#inner.finish(this.#change(reply));
  }
}
