// An agent that asks any of several hosts for files, writes them with the number that it was told, and gives them back; it
// may fall silent with them, and goes on as if nothing had been.

import { setTimeout as pause } from 'node:timers/promises';
import { LEASE_MODES } from '@tutti/schemas';
import { z } from 'zod';
import { ask, type Ports } from './client.ts';
import type { Told } from './lease-history.ts';

const AnswerSchema = z.object({
  status: z.string(),
  lease: z.object({ fence: z.number(), mode: z.enum(LEASE_MODES), paths: z.array(z.string()) }).optional(),
});

/** What is asked for, and a file of it that is written. */
const WISHES = [
  { paths: ['a/1'], files: ['a/1'] },
  { paths: ['a/2'], files: ['a/2'] },
  { paths: ['A'], files: ['a/1', 'a/2'] },
  { paths: ['a/*'], files: ['a/1', 'a/2'] },
  { paths: ['*/1'], files: ['a/1', 'b/1'] },
  { paths: ['b/1', 'a/2'], files: ['a/2', 'b/1'] },
  { paths: ['**'], files: ['a/1', 'a/2', 'b/1'] },
];

export interface LeaseholderOptions {
  readonly id: string;
  readonly ports: Ports;
  readonly chance: () => number;
  readonly log: string;
  readonly told: (told: Told) => void;
  readonly signal: AbortSignal;
}

/** Intervals of silence after which it is taken for dead are of one second. */
const SILENCE_MS = 4_000;

export async function holdLeases({
  id,
  ports,
  chance,
  log,
  told,
  signal,
}: LeaseholderOptions): Promise<void> {
  const any = (): number | undefined => ports()[Math.floor(chance() * ports().length)];
  while (!signal.aborted) {
    const registered = await ask(any(), 'register', { id, heartbeatInterval: 1 });
    if (registered.kind !== 'done') {
      await pause(50);
      continue;
    }
    for (let n = 0; n < 20 && !signal.aborted; n++) await once();
  }

  async function once(): Promise<void> {
    const wish = WISHES[Math.floor(chance() * WISHES.length)];
    if (wish === undefined) return;
    const mode = chance() < 0.8 ? 'exclusive' : 'shared';
    const answer = await ask(any(), 'acquire', { agent_id: id, paths: wish.paths, mode, wait_seconds: 1 });
    if (answer.kind !== 'done') return await pause(20);
    const { lease } = AnswerSchema.parse(answer.value);
    if (lease === undefined) return;
    told({ agent: id, ...lease });
    const isAsleep = chance() < 0.1;
    if (isAsleep) await pause(SILENCE_MS);
    if (lease.mode === 'exclusive')
      for (const file of wish.files) {
        await pause(chance() * 10);
        await ask(any(), 'write', { agent: id, file, fence: lease.fence, log });
      }
    // One that wakes up late does not know that it has lost them.
    await ask(any(), 'unlease', { agent_id: id, paths: wish.paths });
  }
}
