// How agents get their work: a watch that stays open, or a call that waits. Either way what was handed out and not begun is
// handed out again, so that an answer that never arrived loses nothing.

import type { Handout, LostClaim } from '@tutti/schemas';
import type { Clock } from '../../kernel/clock.ts';
import type { Directory } from '../agents/directory.ts';
import type { Ledger } from '../tasks/ledger.ts';
import type { ContentRow } from '../tasks/queries.ts';
import type { TaskRow } from '../tasks/task-row.ts';
import { isAcknowledged } from '../tasks/transitions.ts';
import type { Dispatcher } from './dispatcher.ts';
import { lossOf } from './losses.ts';
import { createTold } from './told.ts';
import type { Given } from './waiters.ts';

/** The longest that a call may wait for work: clients give up after 60 s. */
export const MAX_WAIT_MS = 45_000;
/** A task that was handed out and not begun for so long is handed out again to an agent that asks. */
export const REOFFER_MS = 10_000;

export interface WorkListener {
  task(handout: Handout): void;
  lost(loss: LostClaim): void;
  /** The store can't tell what was handed out; the listener should begin anew. */
  failed(error: unknown): void;
}

export interface Handouts extends Disposable {
  /** Undefined: there was nothing within the time. Rejects with the signal's reason. */
  next(agentId: string, waitMs: number, signal: AbortSignal): Promise<Handout | undefined>;
  /** First what it holds already, then what it is given, up to `slots` at once, until disposed of. */
  watch(agentId: string, slots: number, listener: WorkListener): Disposable;
  held(agentId: string): Promise<readonly Handout[]>;
  /** Others may have taken something from an agent that watches here. */
  lookAgain(): Promise<void>;
}

export interface HandoutsDeps {
  readonly dispatcher: Dispatcher;
  readonly ledger: Ledger;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly readHeld: (agentId: string) => Promise<readonly TaskRow[]>;
  readonly readTask: (id: string) => Promise<TaskRow | null>;
  /** With what the task carries, which is read where it is not given. */
  readonly show: (task: TaskRow, contents?: readonly ContentRow[]) => Promise<Handout>;
  /** Nobody is there any more to take it. */
  readonly giveBack: (task: TaskRow) => void;
}

export function createHandouts(deps: HandoutsDeps): Handouts {
  const { dispatcher, ledger, directory, clock, readHeld, show } = deps;
  const watches = new Map<string, Set<WorkListener>>();

  const told = createTold({
    ...deps,
    lost(agentId, loss) {
      for (const listener of watches.get(agentId) ?? []) listener.lost(loss);
    },
  });
  const losses = ledger.subscribe(({ transitions }) => {
    for (const transition of transitions) {
      const loss = lossOf(transition);
      if (loss === undefined) continue;
      const { agentId, ...lost } = loss;
      for (const listener of watches.get(agentId) ?? []) listener.lost(lost);
    }
  });

  /** What it holds; what its slots are is corrected by it. */
  async function heldBy(agentId: string): Promise<readonly TaskRow[]> {
    const held = await readHeld(agentId);
    if (directory.get(agentId)?.load.used !== held.length) await directory.refreshLoads([agentId]);
    return held;
  }

  /** The oldest that it was handed and did not begin. */
  async function unbegun(agentId: string): Promise<TaskRow | undefined> {
    const known = directory.get(agentId);
    if (known === undefined || known.load.used === 0) return undefined;
    return (await heldBy(agentId)).find((task) => task.status === 'assigned' && !isAcknowledged(task));
  }

  /** What another host handed out, in an answer that may never have arrived. */
  async function missed(agentId: string): Promise<Handout | undefined> {
    const held = await heldBy(agentId);
    const isDue = (task: TaskRow): boolean =>
      task.status === 'assigned' &&
      !isAcknowledged(task) &&
      (task.assigned_ms ?? 0) + REOFFER_MS <= clock.nowMs();
    const task = held.find(isDue);
    return task === undefined ? undefined : await show(task);
  }

  return {
    async next(agentId, waitMs, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<Given | undefined>();
      let settled = false;
      const settle = (given: Given | undefined): void => {
        settled = true;
        resolve(given);
      };
      const giveUp = (): void => {
        settled = true;
        reject(signal.reason);
      };
      const earlier = await unbegun(agentId);
      signal.throwIfAborted();
      const againMs =
        earlier === undefined ? Infinity : (earlier.assigned_ms ?? 0) + REOFFER_MS - clock.nowMs();
      if (earlier !== undefined && againMs <= 0) return await show(earlier);
      /** Unless the agent has begun it meanwhile, or says that it has it. */
      const offerAgain = async (): Promise<void> => {
        const task = await unbegun(agentId).catch(() => undefined);
        if (task?.id === earlier?.id && task?.claim === earlier?.claim) settle(task && { task });
      };
      using _waiting = dispatcher.wait({
        agentId,
        get wants() {
          return settled ? 0 : 1;
        },
        give(given) {
          if (settled) return false;
          settle(given);
          return true;
        },
      });
      using _again = clock.after(Math.min(againMs, waitMs), () => {
        if (againMs <= waitMs) void offerAgain();
      });
      using _late = clock.after(Math.max(waitMs, MIN_WAIT_MS), () => settle(undefined));
      // A call that does not wait still has its round.
      if (waitMs === 0) void dispatcher.idle().then(() => settle(undefined));
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        const given = await promise;
        if (given === undefined) return await missed(agentId);
        if (signal.aborted) deps.giveBack(given.task);
        return await show(given.task, given.contents);
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    },
    watch(agentId, slots, listener) {
      const listeners = watches.get(agentId) ?? new Set();
      watches.set(agentId, listeners.add(listener));
      let open = true;
      let asked: Disposable | undefined;
      const tell = async (task: TaskRow, contents?: readonly ContentRow[]): Promise<void> => {
        try {
          const shown = await show(task, contents);
          if (!open) return;
          told.add(agentId, task);
          listener.task(shown);
        } catch (error) {
          if (open) listener.failed(error);
        }
      };
      const begin = async (): Promise<void> => {
        try {
          await Promise.all((await heldBy(agentId)).map((task) => tell(task)));
        } catch (error) {
          if (open) listener.failed(error);
        }
        if (!open) return;
        asked = dispatcher.wait({
          agentId,
          get wants() {
            return slots - (directory.get(agentId)?.load.used ?? slots);
          },
          give({ task, contents }) {
            void tell(task, contents);
            return open;
          },
        });
      };
      void begin();
      return {
        [Symbol.dispose]() {
          open = false;
          asked?.[Symbol.dispose]();
          listeners.delete(listener);
          if (listeners.size > 0 || watches.get(agentId) !== listeners) return;
          watches.delete(agentId);
          told.forget(agentId);
        },
      };
    },
    async held(agentId) {
      return await Promise.all((await readHeld(agentId)).map((task) => show(task)));
    },
    lookAgain: () => told.lookAgain(),
    [Symbol.dispose]() {
      losses[Symbol.dispose]();
      told[Symbol.dispose]();
    },
  };
}

/** What one look for work may take where a call does not want to wait. */
const MIN_WAIT_MS = 1_000;
