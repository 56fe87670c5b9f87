// Compares what servers show with what was approved. What is shown first is approved by that, unless the policy wants a
// person for it; from then on only a person approves.
// - A list that is approved as a whole is known by its digest, so that a list as before costs one hash and no read.
// - An approval is on disk before anything is served because of it.
// - Where tools are held back, a store that can't be read is an error, and nothing new is shown until it can be; where
//   they are only flagged, the tools are served and compared a little later.

import type { PinPolicy } from '@tutti/schemas';
import type { Clock } from '../../../kernel/clock.ts';
import { AppError } from '../../../kernel/errors.ts';
import {
  readToolDefinitions,
  toolListDigest,
  type ToolDefinition,
} from '../../../snapshot/tool-definition.ts';
import type { JsonBytes } from '../../../snapshot/types.ts';
import { AS_APPROVED, holdsBack, judge, trustsFirstSight, type Judgement } from './judge.ts';
import { FIRST_SIGHT, type Pin, type PinStore } from './pin-store.ts';

/** When the store is asked again after it failed. */
export const RETRY_MS = 30_000;

/** Looks at what is approved until no other host changed it meanwhile. */
const MAX_LOOKS = 10;

/** A tool to approve; the digest says which definition was looked at. */
export interface PinChoice {
  readonly name: string;
  readonly digest?: string | undefined;
}

/** A tool that is shown now, was approved once, or both. */
export interface PinnedTool {
  readonly tool: string;
  readonly shown: ToolDefinition | undefined;
  readonly pin: Pin | undefined;
}

export interface Pins extends AsyncDisposable {
  check(server: string, tools: readonly JsonBytes[], policy: PinPolicy): Promise<Judgement>;
  /** What `check` would come to; approves nothing and keeps nothing. */
  foresee(server: string, tools: readonly JsonBytes[], policy: PinPolicy): Promise<Judgement>;
  /** Resolves with the tools that were approved by that; those that were approved already are left alone. */
  approve(
    server: string,
    tools: readonly JsonBytes[],
    choice: readonly PinChoice[],
    by: string,
  ): Promise<readonly string[]>;
  /** Sorted by tool. */
  list(server: string, tools: readonly JsonBytes[]): Promise<readonly PinnedTool[]>;
  /** Forgets what was approved of the server. */
  remove(server: string): Promise<void>;
}

export interface PinsDeps {
  readonly store: PinStore;
  readonly clock: Clock;
  readonly warn: (message: string, cause?: unknown) => void;
  /** The server's tools should be compared again. */
  readonly recheck: (server: string) => void;
}

export async function openPins({ store, clock, warn, recheck }: PinsDeps): Promise<Pins> {
  const approvedLists = new Map(await knownLists());
  /** What came of the last list of each server that is not approved as a whole. */
  const judged = new Map<string, { readonly list: string; readonly judgement: Judgement }>();
  const retries = new Map<string, Disposable>();
  /** The last work on each server that is worked on: one at a time, or an approval could meet a comparison halfway. */
  const turns = new Map<string, Promise<void>>();

  /** Without them each list is compared once more, no worse. */
  async function knownLists(): Promise<ReadonlyMap<string, string>> {
    try {
      return await store.approvedLists();
    } catch (error) {
      warn('cannot read which lists of tools are approved; they are compared again', error);
      return new Map();
    }
  }

  async function inTurn<T>(server: string, work: () => Promise<T>): Promise<T> {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const before = turns.get(server);
    turns.set(server, done);
    try {
      await before;
      return await work();
    } finally {
      resolve();
      if (turns.get(server) === done) turns.delete(server);
    }
  }

  function retryLater(server: string): void {
    if (retries.has(server)) return;
    const timer = clock.after(RETRY_MS, () => {
      retries.delete(server);
      recheck(server);
    });
    retries.set(server, timer);
  }

  function toPin({ name, digest, text }: ToolDefinition, approvedBy: string): Pin {
    return { tool: name, digest, definition: text, approvedAtMs: clock.nowMs(), approvedBy };
  }

  async function compare(
    server: string,
    tools: readonly JsonBytes[],
    list: string,
    policy: PinPolicy,
  ): Promise<Judgement> {
    const definitions = await readToolDefinitions(tools);
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const seen = await store.version(server);
      const approved = await store.digests(server);
      if (approved.size === 0 && definitions.size > 0 && trustsFirstSight(policy)) {
        const pins = [...definitions.values()].map((one) => toPin(one, FIRST_SIGHT));
        // Another host may have seen it first, and something else.
        if (!(await store.approve(server, pins, list, seen))) continue;
        approvedLists.set(server, list);
        return AS_APPROVED;
      }
      const judgement = judge(digestsOf(definitions), approved);
      if (judgement.deviating.size === 0 && definitions.size > 0) {
        if (!(await store.setApprovedList(server, list, seen))) continue;
        approvedLists.set(server, list);
      }
      judged.set(server, { list, judgement });
      return judgement;
    }
    throw changesAllTheTime(server);
  }

  /** What is approved changed; the tools are compared anew. */
  function learn(server: string, list: string | undefined): void {
    judged.delete(server);
    if (list === undefined) approvedLists.delete(server);
    else approvedLists.set(server, list);
    recheck(server);
  }

  const watching = store.watch(learn);

  return {
    async check(server, tools, policy) {
      if (policy === 'off') return AS_APPROVED;
      const list = toolListDigest(tools);
      const known = judged.get(server);
      if (known?.list === list) return known.judgement;
      if (approvedLists.get(server) === list) return AS_APPROVED;
      try {
        return await inTurn(server, () => compare(server, tools, list, policy));
      } catch (error) {
        if (holdsBack(policy))
          throw new AppError('unavailable', `the approvals of ${server} can't be read or written`, {
            cause: error,
          });
        warn(`cannot compare the tools of ${server} with what was approved; trying again`, error);
        retryLater(server);
        return AS_APPROVED;
      }
    },

    async foresee(server, tools, policy) {
      if (policy === 'off') return AS_APPROVED;
      const list = toolListDigest(tools);
      const known = judged.get(server);
      if (known?.list === list) return known.judgement;
      if (approvedLists.get(server) === list) return AS_APPROVED;
      const approved = await store.digests(server);
      if (approved.size === 0 && trustsFirstSight(policy)) return AS_APPROVED;
      return judge(digestsOf(await readToolDefinitions(tools)), approved);
    },

    approve: (server, tools, choice, by) =>
      inTurn(server, async () => {
        const definitions = await readToolDefinitions(tools);
        for (let looks = 0; looks < MAX_LOOKS; looks++) {
          const seen = await store.version(server);
          const { deviating } = judge(digestsOf(definitions), await store.digests(server));
          const chosen = chosenOf(server, definitions, choice).filter(({ name }) => deviating.has(name));
          if (chosen.length === 0) return [];
          const list = chosen.length === deviating.size ? toolListDigest(tools) : undefined;
          const pins = chosen.map((one) => toPin(one, by));
          if (!(await store.approve(server, pins, list, seen))) continue;
          learn(server, list);
          return chosen.map(({ name }) => name);
        }
        throw changesAllTheTime(server);
      }),

    async list(server, tools) {
      const definitions = await readToolDefinitions(tools);
      const pins = new Map((await store.pins(server)).map((pin) => [pin.tool, pin]));
      const names = [...new Set([...definitions.keys(), ...pins.keys()])].sort();
      return names.map((tool) => ({ tool, shown: definitions.get(tool), pin: pins.get(tool) }));
    },

    remove: (server) =>
      inTurn(server, async () => {
        approvedLists.delete(server);
        judged.delete(server);
        await store.remove(server);
      }),

    async [Symbol.asyncDispose]() {
      await watching[Symbol.asyncDispose]();
      for (const timer of retries.values()) timer[Symbol.dispose]();
      retries.clear();
    },
  };
}

function changesAllTheTime(server: string): AppError {
  return new AppError(
    'unavailable',
    `other hosts change what is approved of ${server} all the time; try again in a moment`,
  );
}

function digestsOf(definitions: ReadonlyMap<string, ToolDefinition>): ReadonlyMap<string, string> {
  return new Map([...definitions].map(([name, { digest }]) => [name, digest]));
}

function chosenOf(
  server: string,
  definitions: ReadonlyMap<string, ToolDefinition>,
  choice: readonly PinChoice[],
): readonly ToolDefinition[] {
  return choice.map(({ name, digest }) => {
    const found = definitions.get(name);
    if (found === undefined)
      throw new AppError(
        'not_found',
        `${server} shows no tool ${name} now; see what it shows with \`tutti pins ${server}\``,
      );
    if (digest !== undefined && digest !== found.digest)
      throw new AppError(
        'conflict',
        `${name} has changed again since it was looked at; look at it with \`tutti pins ${server}\``,
      );
    return found;
  });
}
