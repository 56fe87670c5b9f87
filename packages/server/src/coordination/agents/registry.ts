// Agents come, say how they are, and go. An id belongs to the principal that registered it.

import type { AgentRegistration, AgentReport } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { storableText } from '../../store/statement.ts';
import { nextPhase, type AgentEvent } from './agent-machine.ts';
import type { AgentRow, AgentTables } from './agent-row.ts';
import type { Beats } from './beats.ts';
import type { Directory } from './directory.ts';
import { countAgents, deleteAgent, insertAgent, readAgents, updateAgent, writeBeats } from './queries.ts';

/** Agents that are registered at once; one more is refused. */
export const MAX_AGENTS = 50_000;
/** How often a change is tried that lost against another one of the same agent. */
const MAX_TRIES = 5;

/** Who asks. */
export interface Caller {
  readonly id: string;
  readonly isAdmin: boolean;
}

export interface Registry {
  /** The same again changes what it says of itself, and begins anew where it was taken for dead. */
  register(registration: AgentRegistration, by: Caller): Promise<AgentRow>;
  report(id: string, report: AgentReport, by: Caller): Promise<AgentRow>;
  /** `drain`: it gets nothing new. `hold` and `resume`: by a person. */
  command(id: string, event: Extract<AgentEvent, 'drain' | 'hold' | 'resume'>, by: Caller): Promise<AgentRow>;
  setRole(id: string, role: string, by: Caller): Promise<AgentRow>;
  /** It is gone. Its work is to be handed back before. */
  remove(id: string, by: Caller): Promise<void>;
  /** Any call of it shows that it is alive. Throws where there is no such agent, or it is not the caller's. */
  heard(id: string, by: Caller): AgentRow;
}

export interface RegistryDeps {
  readonly database: Database<object>;
  readonly directory: Directory;
  readonly beats: Beats;
}

export function createRegistry({ database, directory, beats }: RegistryDeps): Registry {
  const tables = database.over<AgentTables>();

  async function change(
    id: string,
    by: Caller,
    edit: (row: AgentRow) => Partial<AgentRow>,
  ): Promise<AgentRow> {
    for (let attempt = 1; ; attempt++) {
      const changed = await tables.transaction(async (tx) => {
        const row = await requireOwn(tx, id, by);
        const after = { ...row, ...edit(row), changed_ms: await tx.nowMs() };
        return (await updateAgent(tx, after)) ? { ...after, version: row.version + 1 } : undefined;
      });
      if (changed !== undefined) {
        directory.put(changed);
        return changed;
      }
      if (attempt === MAX_TRIES)
        throw new AppError('conflict', `The agent ${id} is being changed by others; try again.`);
    }
  }

  return {
    async register(registration, by) {
      const row = await tables.transaction(async (tx) => {
        const nowMs = await tx.nowMs();
        const [known] = await readAgents(tx, [registration.id]);
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
        await writeBeats(tx, [{ agent_id: after.id, at_ms: nowMs }]);
        return known === undefined ? after : { ...after, version: after.version + 1 };
      });
      directory.put(row);
      beats.touch(row, false);
      return row;
    },
    report: (id, report, by) =>
      change(id, by, (row) => ({
        status: report.status ?? row.status,
        current_task: text(report.current_task) ?? row.current_task,
        progress: report.progress_metric ?? row.progress,
        // Of an error that is over nothing is told any more.
        error_info:
          text(report.error_info) ?? ((report.status ?? 'error') === 'error' ? row.error_info : null),
        plan_summary: text(report.current_plan_summary) ?? row.plan_summary,
      })),
    command: (id, event, by) =>
      change(id, by, (row) => {
        const phase = nextPhase(row.phase, event);
        if (phase === undefined) return {};
        return { phase, phase_reason: phase === 'Ready' ? null : `${event} by ${by.id}` };
      }),
    setRole: (id, role, by) => change(id, by, () => ({ role })),
    async remove(id, by) {
      await tables.transaction(async (tx) => {
        await requireOwn(tx, id, by);
        await deleteAgent(tx, id);
      });
      directory.remove(id);
      beats.forget(id);
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

async function requireOwn(tx: Transaction<AgentTables>, id: string, by: Caller): Promise<AgentRow> {
  const [row] = await readAgents(tx, [id]);
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
    current_task: null,
    progress: null,
    error_info: null,
    plan_summary: null,
    card: null,
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
  return {
    ...known,
    ...declared(registration),
    owner: by.id,
    phase: nextPhase(known.phase, 'register') ?? known.phase,
    phase_reason: null,
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
