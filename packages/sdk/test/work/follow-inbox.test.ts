// However connections break, hints get lost and readers fall behind: each message comes once, and in order. A failure
// prints the seed.

import type { ReceivedMessage } from '@tutti/schemas';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { TuttiApiError } from '../../src/errors.ts';
import { followInbox, type FollowTiming, type Hint, type InboxSource } from '../../src/work/follow-inbox.ts';

const TIMING: FollowTiming = { pollMs: 5, firstRetryMs: 1, maxRetryMs: 2 };
const RUNS = Number(process.env['TUTTI_TEST_RUNS'] ?? '150');

type Step =
  | { readonly kind: 'send'; readonly hint: 'told' | 'lost' | 'twice' | 'late' }
  /** The stream breaks, ends because it fell behind, or is refused for a while. */
  | { readonly kind: 'cut' | 'resync' | 'noListen' | 'noPull' }
  /** Others have their turn. */
  | { readonly kind: 'turn'; readonly turns: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('send' as const),
        hint: fc.constantFrom(
          'told' as const,
          'told' as const,
          'lost' as const,
          'twice' as const,
          'late' as const,
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('cut' as const, 'resync' as const, 'noListen' as const, 'noPull' as const),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('turn' as const), turns: fc.integer({ min: 1, max: 4 }) }),
    },
  ),
  { minLength: 1, maxLength: 40 },
);

function message(seq: number): ReceivedMessage {
  return {
    id: `m${seq}`,
    sender_id: 'a',
    recipient_ids: ['b'],
    type: 'text',
    content: `${seq}`,
    urgent: false,
    importance: 'normal',
    attachments: [],
    created_at: '2026-01-01T00:00:00.000Z',
    delivery: { recipient_id: 'b', seq },
  };
}

interface Stream {
  readonly hints: Hint[];
  wake: () => void;
  ended: 'open' | 'cut' | 'over';
}

/** An inbox whose wire breaks. */
class Server implements InboxSource {
  last = 0;
  noListen = 0;
  noPull = 0;
  pulls = 0;
  readonly #page: number;
  readonly #late: Hint[] = [];
  #stream: Stream | undefined;

  constructor(page: number) {
    this.#page = page;
  }

  async *listen(signal: AbortSignal): AsyncGenerator<Hint, void> {
    if (this.noListen > 0) {
      this.noListen -= 1;
      throw new Error('refused');
    }
    const stream: Stream = { hints: [{ seq: undefined }], wake: () => undefined, ended: 'open' };
    this.#stream = stream;
    const stop = (): void => {
      stream.ended = 'over';
      stream.wake();
    };
    signal.addEventListener('abort', stop, { once: true });
    for (;;) {
      const hint = stream.hints.shift();
      if (hint !== undefined) yield hint;
      else if (stream.ended === 'cut') throw new Error('cut');
      else if (stream.ended === 'over') return;
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        stream.wake = resolve;
        await promise;
      }
    }
  }

  async pull(after: number): ReturnType<InboxSource['pull']> {
    this.pulls += 1;
    await Promise.resolve();
    if (this.noPull > 0) {
      this.noPull -= 1;
      throw new Error('nothing answers');
    }
    const items: ReceivedMessage[] = [];
    for (let seq = after + 1; seq <= this.last && items.length < this.#page; seq++) items.push(message(seq));
    return items.length === this.#page ? { items, nextCursor: String(after + items.length) } : { items };
  }

  step(step: Step): void {
    if (step.kind === 'send') {
      this.last += 1;
      const hint = { seq: this.last };
      if (step.hint === 'late') this.#late.push(hint);
      else if (step.hint !== 'lost') this.#tell(hint);
      if (step.hint === 'twice') this.#tell(hint);
      if (step.hint !== 'late') for (const late of this.#late.splice(0)) this.#tell(late);
    } else if (step.kind === 'noListen') this.noListen += 1;
    else if (step.kind === 'noPull') this.noPull += 1;
    else if (step.kind !== 'turn' && this.#stream !== undefined) {
      // Whoever fell behind has nothing of what was told.
      if (step.kind === 'resync') this.#stream.hints.length = 0;
      this.#stream.ended = step.kind === 'cut' ? 'cut' : 'over';
      this.#stream.wake();
    }
  }

  #tell(hint: Hint): void {
    this.#stream?.hints.push(hint);
    this.#stream?.wake();
  }
}

test('no message is missed, and none comes twice', { timeout: 120_000 }, async () => {
  verifies('MSG-07');
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 5 }), fc.nat(3), async (all, page, known) => {
      const server = new Server(page);
      server.last = known;
      const over = new AbortController();
      const seen: number[] = [];
      const following = (async () => {
        const following = followInbox(server, { after: known, signal: over.signal, timing: TIMING });
        for await (const { delivery } of following) seen.push(delivery.seq);
      })();
      for (const step of all) {
        server.step(step);
        if (step.kind === 'turn') for (let n = 0; n < step.turns; n++) await nextTurn();
      }
      for (let turns = 0; seen.length < server.last - known && turns < 5_000; turns++) await nextTurn();
      over.abort(new Error('enough'));
      await expect(following).rejects.toThrow('enough');
      expect(seen).toEqual(Array.from({ length: server.last - known }, (_, n) => known + n + 1));
    }),
    { numRuns: RUNS },
  );
});

test('what is known already is not pulled for', async () => {
  const server = new Server(10);
  const over = new AbortController();
  const messages = followInbox(server, { signal: over.signal, timing: { ...TIMING, pollMs: 60_000 } });
  server.last = 1;
  expect((await messages.next()).value?.id).toBe('m1');
  const next = messages.next();
  await nextTurn();
  const { pulls } = server;
  server.last = 2;
  server.step({ kind: 'send', hint: 'told' });
  expect((await next).value?.id).toBe('m2');
  expect((await messages.next()).value?.id).toBe('m3');
  expect(server.pulls).toBe(pulls + 1);
  over.abort(new Error('enough'));
});

test('what is refused for good ends it', async () => {
  verifies('MSG-07');
  const refused: InboxSource = {
    listen: (signal) => new Server(1).listen(signal),
    pull: () => Promise.reject(new TuttiApiError('refused', 403, 'not yours')),
  };
  await expect(followInbox(refused, { timing: TIMING }).next()).rejects.toThrow('not yours');
});

function nextTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 1);
  return promise;
}
