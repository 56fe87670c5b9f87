// Leases of files: what can be done with them, by whom.

import type {
  ApiLeaseDetail,
  LeaseAnswer,
  LeaseCheck,
  LeaseChecked,
  LeaseNews,
  LeaseRelease,
  LeaseReleased,
  LeaseRequest,
} from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import type { AgentRow } from './agents/agent-row.ts';
import type { Caller } from './agents/registry.ts';
import type { Engine } from './engine.ts';
import { answerOf } from './leases/answer.ts';
import type { Wanted } from './leases/book.ts';
import { createDesks } from './leases/desks.ts';
import { createInspector, type LeasePage } from './leases/inspect.ts';
import { type LeaseMeter, NO_LEASE_METER, type TellLost } from './leases/meter.ts';
import { createPattern } from './leases/patterns.ts';
import { distinct, findPlaces } from './leases/places.ts';
import { type FileSpaces, NO_FILES } from './leases/ports.ts';
import { type AllTables, countLeases, countTickets, type LeaseQuery } from './leases/queries.ts';
import { type Released, releaseOne, releasePaths } from './leases/requests.ts';
import { holderText } from './leases/view.ts';
import { type FencedWrite, writeFenced } from './leases/write-fence.ts';

/** How long a request may wait in line: clients give up after 60 s. */
export const MAX_LEASE_WAIT_MS = 45_000;

export interface LeasesDeps {
  /** Left out: one space without files. */
  readonly files?: FileSpaces | undefined;
  readonly leaseMeter?: LeaseMeter | undefined;
  readonly tellLost?: TellLost | undefined;
  readonly warn: (message: string, cause?: unknown) => void;
}

export interface LeaseCounts {
  readonly space: string;
  readonly mode: 'exclusive' | 'shared' | 'waiting';
  readonly count: number;
}

export interface Leases extends AsyncDisposable {
  /** Rejects with the signal's reason. */
  acquire(request: LeaseRequest, by: Caller, signal: AbortSignal): Promise<LeaseAnswer>;
  release(release: LeaseRelease, by: Caller): Promise<LeaseReleased>;
  check(check: LeaseCheck): Promise<LeaseChecked>;
  list(query: LeaseQuery): Promise<LeasePage>;
  get(id: string): Promise<ApiLeaseDetail>;
  /** Runs `commit` while the agent has the files to itself; see leases/write-fence.ts. */
  write<T>(write: FencedWrite, by: Caller, commit: () => T): Promise<T>;
  /** What an agent has not been told yet; undefined: nothing. */
  news(agentId: string): LeaseNews[] | undefined;
  /** What happened to an agent on this host. */
  agentChanged(agent: Pick<AgentRow, 'id'>, what: 'registered' | 'silent' | 'heard' | 'removed'): void;
  counts(): Promise<readonly LeaseCounts[]>;
  /** Looks for those that are over now, instead of soon. */
  sweep(): Promise<void>;
}

export async function openLeases(engine: Engine, deps: LeasesDeps): Promise<Leases> {
  const { registry, clock } = engine;
  const { files = NO_FILES, leaseMeter: meter = NO_LEASE_METER } = deps;
  const database = engine.database.over<AllTables>();
  const inspector = createInspector(database);
  const desks = await createDesks({
    ...deps,
    database,
    clock,
    makeId: engine.makeId,
    meter,
    ledger: engine.ledger,
  });

  async function heard(agentId: string, by: Caller): Promise<void> {
    await registry.meet(agentId);
    registry.heard(agentId, by);
  }

  async function releaseLease(
    id: string,
    { agent_id: agentId }: LeaseRelease,
    by: Caller,
  ): Promise<Released | undefined> {
    const found = await inspector.detail(id);
    if (found === undefined) return undefined;
    if (agentId !== found.agent_id && !(by.isAdmin && agentId === undefined))
      throw notYours(`The lease ${id} is not ${agentId ?? 'yours'}'s: ${holderText(found)}.`);
    const how = agentId === undefined ? 'forced' : 'released';
    return await desks.of(found.space).change((draft) => releaseOne(draft, id, how, agentId ?? by.id));
  }

  return {
    async acquire(request, by, signal) {
      const { agent_id: agentId, mode, task_id: taskId, reason } = request;
      await heard(agentId, by);
      const { space, patterns } = await findPlaces(files, request.space, request.paths);
      const ttlMs = request.ttl_seconds * 1_000;
      const wanted: Wanted = { agentId, taskId, mode, patterns: distinct(patterns), reason, ttlMs };
      const waitMs = Math.min(request.wait_seconds * 1_000, MAX_LEASE_WAIT_MS);
      desks.used();
      const startedMs = clock.nowMs();
      const answer = answerOf(await desks.of(space.name).acquire(wanted, waitMs, signal));
      meter.asked(answer.status, clock.nowMs() - startedMs);
      return answer;
    },
    async release(release, by) {
      const { agent_id: agentId, lease_id: id, paths } = release;
      if (agentId !== undefined) await heard(agentId, by);
      if ((id === undefined) === (paths.length === 0))
        throw new AppError('invalid_params', 'Give lease_id, or the paths that are to be released.');
      if (id !== undefined) {
        const released = await releaseLease(id, release, by);
        return releasedView(released === undefined ? [] : [released]);
      }
      if (agentId === undefined)
        throw new AppError('invalid_params', 'Say whose paths are to be released: agent_id.');
      const { space, patterns } = await findPlaces(files, release.space, paths);
      const released = await desks.of(space.name).change((draft) => releasePaths(draft, agentId, patterns));
      if (released.length === 0) await requireUnheld(space.name, agentId, patterns);
      return releasedView(released);
    },
    async check({ paths, space: named, agent_id: agentId }) {
      const { space, patterns } = await findPlaces(files, named, paths);
      const asked = patterns.map((pattern, index) => ({ path: paths[index] ?? pattern.text, pattern }));
      return { space: space.name, items: [...(await inspector.check(space.name, asked, agentId))] };
    },
    list: (query) => inspector.page(query),
    async get(id) {
      const found = await inspector.detail(id);
      if (found !== undefined) return found;
      throw new AppError('not_found', `There is no lease ${id}; \`tutti get leases\` lists those there are.`);
    },
    async write(write, by, commit) {
      await heard(write.agentId, by);
      try {
        const written = await writeFenced(database, write, commit);
        meter.wrote('written');
        return written;
      } catch (error) {
        if (!(error instanceof AppError) || error.details['kind'] !== 'no_lease') throw error;
        meter.wrote('refused');
        throw await whoHasIt(error, write);
      }
    },
    news: (agentId) => desks.news.take(agentId),
    agentChanged({ id }, what) {
      if (what === 'silent' || what === 'removed') desks.endings.agentEnded(id);
    },
    async counts() {
      const held = await countLeases(database.read);
      const waiting = await countTickets(database.read);
      return [
        ...held.map(
          ({ space, mode, count }) =>
            ({ space, mode: mode === 'shared' ? mode : 'exclusive', count }) as const,
        ),
        ...waiting.map(({ space, count }) => ({ space, mode: 'waiting', count }) as const),
      ];
    },
    sweep: () => desks.endings.sweep(),
    [Symbol.asyncDispose]: () => desks[Symbol.asyncDispose](),
  };

  /** Giving back what one does not have is nothing, unless somebody else has it. */
  async function requireUnheld(space: string, agentId: string, patterns: Wanted['patterns']): Promise<void> {
    const asked = patterns.map((pattern) => ({ path: pattern.text, pattern }));
    for (const { path, holders } of await inspector.check(space, asked, agentId)) {
      const own = holders.find((lease) => lease.agent_id === agentId);
      if (own !== undefined)
        throw notYours(
          `${agentId} has ${path} as a part of ${own.paths.join(', ')}; release that, or the lease ${own.id}.`,
        );
      const [other] = holders;
      if (other !== undefined)
        throw notYours(`${path} is not ${agentId}'s to release: ${holderText(other)}.`);
    }
  }

  async function whoHasIt(error: AppError, { space, agentId }: FencedWrite): Promise<AppError> {
    const path = String(error.details['path'] ?? '');
    const [found] = await inspector.check(space, [{ path, pattern: createPattern(path) }], agentId);
    const others = (found?.holders ?? []).filter((lease) => lease.agent_id !== agentId);
    const [holder] = others;
    const who =
      holder === undefined
        ? 'Nobody has it: call acquire_file_lock for it, and write again.'
        : `${holderText(holder)}; ${found?.queue_length ?? 0} wait for it. Call acquire_file_lock with wait_seconds to wait in line, or ask ${holder.agent_id}.`;
    return new AppError('refused', `${error.message} ${who}`, {
      cause: error,
      details: { ...error.details, holder: holder?.agent_id, queue_length: found?.queue_length },
    });
  }
}

function notYours(message: string): AppError {
  return new AppError('refused', message, { details: { kind: 'wrong_agent' } });
}

function releasedView(all: readonly Released[]): LeaseReleased {
  return {
    released: all.map(({ lease, patterns }) => ({
      lease_id: lease.id,
      paths: patterns.map(({ text }) => text),
    })),
  };
}
