// Agents come, say how they are, and go. An id belongs to the principal that registered it.

import type { AgentRegistration, AgentReport } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { storableText } from '../../store/statement.ts';
import { afterDecision, type AgentEvent, type AgentState } from './agent-machine.ts';
import { agentRow, type AgentRow, type AgentTables } from './agent-row.ts';
import type { Beats } from './beats.ts';
import type { Directory } from './directory.ts';
import type { Once } from '../tasks/book.ts';
import { answerOnce, requireSame } from '../tasks/once.ts';
import type { TaskTables } from '../tasks/queries.ts';
import { deleteCard, writeCard } from '../agent-cards/queries.ts';
import { keepFitnessFor, takeUpFitness } from './fitness-queries.ts';
import { readAnswer, readHeld } from '../tasks/reads.ts';
import { createStrangers } from './strangers.ts';
import {
  countAgents,
  deleteAgent,
  insertAgent,
  lockLoad,
  readAgents,
  updateAgent,
  writeBeats,
} from './queries.ts';

/** Agents that are registered at once; one more is refused. */
export const MAX_AGENTS = 50_000;
/** How often a change is tried that lost against another one of the same agent. */
const MAX_TRIES = 5;

/** Who asks. */
export interface Caller {
  readonly id: string;
  readonly isAdmin: boolean;
  /** In the name of this agent, which has to be its own; undefined: the principal itself. */
  readonly agentId?: string | undefined;
}

export interface Registry {
  /** The same again changes what it says of itself, and begins anew where it was taken for dead. `card`: what is kept of the
   *  card that it comes from. */
  register(registration: AgentRegistration, by: Caller, once?: Once, card?: string): Promise<AgentRow>;
  report(id: string, report: AgentReport, by: Caller, once?: Once): Promise<AgentRow>;
  /** `drain`: it gets nothing new. `hold` and `resume`: by a person. */
  command(id: string, event: Extract<AgentEvent, 'drain' | 'hold' | 'resume'>, by: Caller): Promise<AgentRow>;
  setRole(id: string, role: string, by: Caller, once?: Once): Promise<AgentRow>;
  /** It is gone. Its work is to be handed back before: with some left, or given to it meanwhile, it is refused
   *  (`holds_tasks`). */
  remove(id: string, by: Caller, once?: Once): Promise<void>;
  /** Whether this very removal was made before. */
  wasRemoved(once: Once | undefined): Promise<boolean>;
  /** Looks one up that another host may have registered a moment ago; before it is refused as unknown. What is not there
   *  is not looked for again at once. */
  meet(id: string): Promise<void>;
  /** Any call of it shows that it is alive. Throws where there is no such agent, or it is not the caller's. */
  heard(id: string, by: Caller): AgentRow;
}

export interface RegistryDeps {
  readonly database: Database<object>;
  readonly directory: Directory;
  readonly beats: Beats;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export function createRegistry({ database, directory, beats, clock }: RegistryDeps): Registry {
  const strangers = createStrangers(clock);
  const tables = database.over<AgentTables>();

  async function change(
    id: string,
    by: Caller,
    once: Once | undefined,
    edit: (row: AgentRow) => Partial<AgentRow>,
  ): Promise<AgentRow> {
    return await written(once, async (tx) => {
      const row = await requireOwn(tx, id, by);
      const after = { ...row, ...edit(row), changed_ms: await tx.nowMs() };
      if (await updateAgent(tx, after)) return { ...after, version: row.version + 1 };
      throw new AppError('conflict', `The agent ${id} is being changed by others; try again.`);
    });
  }

  /** Writes it, again where somebody else was faster, and then shows it in memory. */
  async function written(
    once: Once | undefined,
    write: (tx: Transaction<AgentTables>) => Promise<AgentRow>,
  ): Promise<AgentRow> {
    const { answer, isRepeat } = await again(() =>
      tables.transaction((tx) =>
        answerOnce(tx.over<TaskTables>(), { once, read: agentRow, act: () => write(tx) }),
      ),
    );
    if (!isRepeat) directory.put(answer);
    return answer;
  }

  return {
    async register(registration, by, once, card) {
      const row = await written(once, async (tx) => {
        const nowMs = await tx.nowMs();
        const [known] = await readAgents({ dialect: tx.dialect, read: tx }, [registration.id]);
        const after =
          known === undefined
            ? newAgent(registration, by, nowMs)
            : registeredAgain(known, registration, by, nowMs);
        if (known === undefined) {
          if ((await countAgents(tx)) >= MAX_AGENTS)
            throw new AppError(
              'overloaded',
              `${MAX_AGENTS} agents are registered already; deregister some that are gone.`,
            );
          await insertAgent(tx, after);
        } else if (!(await updateAgent(tx, after))) {
          throw new AppError(
            'conflict',
            `The agent ${registration.id} is being registered by another call; try again.`,
          );
        }
        if (known?.owner !== by.id) {
          // It may be another one, under the same id.
          await takeUpFitness(tx, after.id, by.id);
          await deleteCard(tx, after.id);
        }
        if (card !== undefined) await writeCard(tx, { agent_id: after.id, card });
        await writeBeats(tx, [{ agent_id: after.id, at_ms: nowMs }]);
        return known === undefined ? after : { ...after, version: after.version + 1 };
      });
      if (directory.get(row.id) !== undefined) beats.touch(row, false);
      return row;
    },
    report: (id, report, by, once) =>
      change(id, by, once, (row) => ({
        status: report.status ?? row.status,
        current_task: text(report.current_task) ?? row.current_task,
        progress: report.progress_metric ?? row.progress,
        // Of an error that is over nothing is told any more.
        error_info:
          text(report.error_info) ?? ((report.status ?? 'error') === 'error' ? row.error_info : null),
        plan_summary: text(report.current_plan_summary) ?? row.plan_summary,
      })),
    command: (id, event, by) =>
      change(id, by, undefined, (row) => {
        const after = afterDecision(stateOf(row), event);
        if (after === undefined) return {};
        const { phase, settled } = after;
        const reason = REASONS[event](by.id);
        return {
          phase,
          phase_reason: phase === 'Unknown' ? row.phase_reason : reason,
          settled_phase: settled,
          settled_reason: reason,
        };
      }),
    setRole: (id, role, by, once) => change(id, by, once, () => ({ role, role_by: by.id })),
    async remove(id, by, once) {
      await tables.transaction((tx) =>
        answerOnce(tx.over<TaskTables>(), {
          once,
          read: removal,
          async act() {
            const { owner } = await requireOwn(tx, id, by);
            // Behind an assignment that is under way: what it gives is seen.
            await lockLoad(tx, id);
            const reads = { dialect: tx.dialect, read: tx.over<TaskTables>() };
            const [held] = await readHeld(reads, [id], 1);
            if (held !== undefined) throw holdsTasks(id, held.id);
            await keepFitnessFor(tx, id, owner);
            await deleteAgent(tx, id);
            return REMOVED;
          },
        }),
      );
      directory.remove(id);
      beats.forget(id);
    },
    async wasRemoved(once) {
      if (once === undefined) return false;
      const earlier = await readAnswer(database.over<TaskTables>().read, once);
      if (earlier === undefined) return false;
      requireSame(earlier, once);
      return true;
    },
    async meet(id) {
      if (directory.get(id) !== undefined) return;
      await strangers.unlessStrange(id, async () => {
        await directory.refreshOne(id);
        return directory.get(id) !== undefined;
      });
    },
    heard(id, by) {
      const known = directory.get(id);
      if (known === undefined) throw unknownAgent(id);
      requireOwner(known.row, by);
      beats.touch(known.row, known.row.phase === 'Unknown');
      return known.row;
    },
  };
}

/** A change that lost against another one of the same agent, or the same key, is made once more. */
async function again<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      const isPassing = error instanceof AppError && error.code === 'conflict' && !isLasting(error);
      if (!isPassing || attempt === MAX_TRIES) throw error;
    }
  }
}

/** A conflict that says what it is about stays one however often it is tried. */
function isLasting({ details }: AppError): boolean {
  return details['kind'] !== undefined;
}

/** Why it is what was decided, and what ends that. */
const REASONS = {
  drain: (by: string) => `it is going, as ${by} said; it can be given work again when it registers`,
  hold: (by: string) => `held back by ${by}; it can be given work again when it is resumed`,
  resume: () => null,
} as const;

const REMOVED = { removed: true } as const;

function removal(value: unknown): typeof REMOVED | undefined {
  return typeof value === 'object' && value !== null && 'removed' in value ? REMOVED : undefined;
}

async function requireOwn(tx: Transaction<AgentTables>, id: string, by: Caller): Promise<AgentRow> {
  const [row] = await readAgents({ dialect: tx.dialect, read: tx }, [id]);
  if (row === undefined) throw unknownAgent(id);
  requireOwner(row, by);
  return row;
}

function requireOwner({ id, owner }: AgentRow, by: Caller): void {
  if (owner === by.id || by.isAdmin) return;
  throw new AppError(
    'refused',
    `The agent ${id} belongs to another principal than ${by.id}; use an id of your own.`,
  );
}

/** Why an agent could not be removed: it holds something. */
export function isHoldingTasks(error: unknown): boolean {
  return error instanceof AppError && error.details['kind'] === HOLDS_TASKS;
}

const HOLDS_TASKS = 'holds_tasks';

function holdsTasks(id: string, taskId: string): AppError {
  return new AppError(
    'conflict',
    `The agent ${id} was given the task ${taskId} while it left; deregister it again.`,
    { details: { kind: HOLDS_TASKS } },
  );
}

function stateOf({ phase, settled_phase: settled }: AgentRow): AgentState {
  return { phase, settled };
}

export function unknownAgent(id: string): AppError {
  return new AppError('not_found', `There is no agent ${id}; register it first (register_agent).`);
}

function newAgent(registration: AgentRegistration, by: Caller, nowMs: number): AgentRow {
  return {
    ...declared(registration),
    id: registration.id,
    owner: by.id,
    status: 'available',
    phase: 'Ready',
    phase_reason: null,
    settled_phase: 'Ready',
    settled_reason: null,
    role_by: null,
    current_task: null,
    progress: null,
    error_info: null,
    plan_summary: null,
    registered_ms: nowMs,
    changed_ms: nowMs,
    version: 1,
  };
}

/** The same principal may always; another one only as an administrator, and only where the holder is dead. */
function registeredAgain(
  known: AgentRow,
  registration: AgentRegistration,
  by: Caller,
  nowMs: number,
): AgentRow {
  const isTakeover = known.owner !== by.id;
  if (isTakeover && !by.isAdmin)
    throw new AppError(
      'conflict',
      `The id ${known.id} belongs to another principal than ${by.id}; choose another id. An administrator can take it over once its holder is dead.`,
      { details: { kind: 'id_taken' } },
    );
  if (isTakeover && known.phase !== 'Unknown')
    throw new AppError(
      'conflict',
      `The agent ${known.id} is alive; its id can be taken over when nothing was heard of it for 2 heartbeat intervals.`,
      { details: { kind: 'id_taken' } },
    );
  const { phase, settled } = afterDecision(stateOf(known), 'register') ?? stateOf(known);
  const reason = settled === 'Ready' ? null : known.settled_reason;
  // A role that somebody gave it is not the agent's to change.
  const role =
    known.role_by === null || isTakeover
      ? { role: registration.role, role_by: null }
      : { role: known.role, role_by: known.role_by };
  return {
    ...known,
    ...declared(registration),
    ...role,
    owner: by.id,
    phase,
    phase_reason: reason,
    settled_phase: settled,
    settled_reason: reason,
    status: known.status === 'offline' || known.status === 'error' ? 'available' : known.status,
    changed_ms: nowMs,
  };
}

function declared(registration: AgentRegistration) {
  return {
    name: registration.name ?? registration.id,
    role: registration.role,
    model_type: storableText(registration.model_type),
    model_version: storableText(registration.model_version),
    domain: registration.domain,
    group_name: registration.group ?? null,
    capabilities: JSON.stringify([...new Set(registration.capabilities)]),
    tags: JSON.stringify([...new Set(registration.tags)]),
    resources: JSON.stringify(registration.resources),
    max_tasks: registration.maxConcurrentTasks,
    heartbeat_ms: registration.heartbeatInterval,
  };
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : storableText(value);
}
