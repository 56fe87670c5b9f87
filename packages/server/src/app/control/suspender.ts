// Takes servers out of service and back into it. First it is on disk that they are, then they are; then what declares
// them is made to say so, where it can be: a file is written, what came over the API is stored anew. A repository is
// not ours to write: there, and where a file can't be written, it counts beside the declaration until that changes. So it
// does where several hosts share the store, because they don't share the file.

import type { ApiSuspended } from '@tutti/schemas';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { EventLog } from '../../resources/events/event-log.ts';
import { placeOf } from '../../resources/origin.ts';
import type { ResourceStore, StoredServer } from '../../resources/store.ts';
import { StaleError, type StoredResources } from '../../resources/stored/stored-resources.ts';
import { originKey, type Suspension } from '../../resources/suspension.ts';
import type { WrittenBack } from '../../sources/files/write-back.ts';
import { withSuspended, type Declared } from './declared.ts';
import { idOf } from './incoming.ts';

/** Suspensions of servers that are not declared, or elsewhere now, that are kept for their return. */
export const MAX_FORGOTTEN = 1_000;
/** How long hosts that share a store have to learn of a changed declaration, each from its own copy of it. */
export const LAPSE_GRACE_MS = 60_000;

export interface Suspender extends Disposable {
  /** What holds by what was stored is put in force by the caller next. */
  expect(suspensions: ReadonlyMap<string, Suspension>): void;
  /** One at a time. */
  set(server: string, suspended: boolean, by: string): Promise<ApiSuspended>;
  /** What is known of a server goes, in memory: its declaration is gone or says it itself. */
  forget(servers: Iterable<string>): void;
}

export interface SuspenderDeps {
  readonly store: ResourceStore;
  readonly stored: StoredResources;
  readonly declared: Declared;
  readonly events: EventLog;
  readonly files: {
    write(
      path: string,
      wanted: { readonly server: string; readonly suspended: boolean },
    ): Promise<WrittenBack>;
    /** Resolves when what the files say now is in force. */
    reload(): Promise<void>;
  };
  /** Other hosts read the store, too, each with files of its own. */
  readonly isShared: boolean;
  readonly clock: Pick<Clock, 'after'>;
  /** Runs work that nobody waits for, when nothing else is changed. */
  readonly later: (work: () => Promise<void>) => void;
  readonly warn: (message: string, cause?: unknown) => void;
}

type Asked = Omit<Suspension, 'sinceMs'>;

export function createSuspender(deps: SuspenderDeps): Suspender {
  const { store, stored, declared, events, files } = deps;
  /** As they are on disk; the store drops those that a declaration has overtaken. */
  let known: ReadonlyMap<string, Suspension> = new Map();
  /** What a declaration has overtaken here and is on disk still, by server. */
  const overtaken = new Map<string, Suspension>();
  let dropping: Disposable | undefined;

  function remember(server: string, suspension: Suspension | undefined): void {
    const next = new Map(store.suspensions());
    if (suspension === undefined) next.delete(server);
    else next.set(server, suspension);
    known = new Map(next);
    store.setSuspensions(next);
  }

  const watching = store.watch(() => {
    const standing = store.suspensions();
    if ([...known.keys()].every((server) => standing.has(server))) return;
    const lapsed = [...known].filter(([server]) => !standing.has(server));
    known = standing;
    for (const [server, suspension] of lapsed) {
      const { place, suspended, by, sinceMs } = suspension;
      const isTold = overtaken.get(server)?.sinceMs === sinceMs;
      overtaken.set(server, suspension);
      if (place === 'override' && !isTold)
        events.add(
          server,
          suspended ? 'MCPServerResumed' : 'MCPServerSuspended',
          `its declaration says \`suspended: ${!suspended}\` now, which ends what ${by} asked for`,
        );
    }
    if (!deps.isShared) return deps.later(dropLapsed);
    dropping ??= deps.clock.after(LAPSE_GRACE_MS, () => {
      dropping = undefined;
      deps.later(dropLapsed);
    });
  });

  async function dropLapsed(): Promise<void> {
    const gone = [...overtaken.keys()].filter((server) => !store.suspensions().has(server));
    if (gone.length === 0) return overtaken.clear();
    try {
      await stored.write({ suspensions: new Map(gone.map((server) => [server, null])) });
      overtaken.clear();
    } catch (error) {
      if (error instanceof StaleError) throw error;
      deps.warn('cannot drop from the store what declarations have overtaken', error);
    }
  }

  /** What is kept of servers that are not declared any more is bounded; the longest known goes first. */
  async function dropForgotten(): Promise<void> {
    const forgotten = [...store.suspensions()].filter(
      ([server]) => store.get(server)?.suspension === undefined,
    );
    if (forgotten.length < MAX_FORGOTTEN) return;
    forgotten.sort(([, a], [, b]) => a.sinceMs - b.sinceMs);
    const oldest = forgotten.slice(0, forgotten.length + 1 - MAX_FORGOTTEN).map(([server]) => server);
    await stored.write({ suspensions: new Map(oldest.map((server) => [server, null])) });
    forget(oldest);
  }

  function forget(servers: Iterable<string>): void {
    const next = new Map(store.suspensions());
    for (const server of servers) next.delete(server);
    known = new Map(next);
    store.setSuspensions(next);
  }

  /** The declaration says what is wanted already; only what was kept beside it has to go. */
  async function agree(server: string, asked: Asked): Promise<void> {
    // Who suspended it is kept even when the declaration says no more than that it is.
    const note: Asked | null = asked.suspended ? { ...asked, place: 'declaration' } : null;
    const sinceMs = await stored.write({ suspensions: new Map([[server, note]]) });
    remember(server, note === null ? undefined : { ...note, sinceMs });
  }

  async function setStored(server: string, asked: Asked): Promise<void> {
    const id = idOf('MCPServer', server);
    const document = declared.get(id);
    if (document === undefined) throw new AppError('not_found', `there is no server ${server}`);
    const text = withSuspended(document.text, asked.suspended);
    const note: Asked | null = asked.suspended ? { ...asked, place: 'declaration' } : null;
    const atMs = await stored.write({
      documents: new Map([[id, { text, by: document.by }]]),
      suspensions: new Map([[server, note]]),
    });
    remember(server, { ...asked, place: 'moving', sinceMs: atMs });
    declared.put(new Map([[id, { ...document, text, changedAtMs: atMs }]]));
    remember(server, note === null ? undefined : { ...note, sinceMs: atMs });
  }

  /** Undefined: it is written into the file; else why not. */
  async function setInFile(server: string, path: string, asked: Asked): Promise<string | undefined> {
    const sinceMs = await stored.write({ suspensions: new Map([[server, asked]]) });
    remember(server, { ...asked, place: 'moving', sinceMs });
    const written = await files.write(path, { server, suspended: asked.suspended });
    if (written.kind === 'failed') {
      remember(server, { ...asked, sinceMs });
      return written.reason;
    }
    const note: Suspension | null = asked.suspended ? { ...asked, place: 'declaration', sinceMs } : null;
    try {
      await files.reload();
    } finally {
      remember(server, note ?? undefined);
    }
    await stored
      .write({ suspensions: new Map([[server, note]]) })
      .catch((error: unknown) => deps.warn(`cannot keep who changed ${server}`, error));
    return undefined;
  }

  async function change(server: string, found: StoredServer, asked: Asked): Promise<Kept> {
    const { origin } = found.resource;
    if (asked.declared === asked.suspended) {
      await agree(server, asked);
      return { where: `as ${placeOf(origin)} says` };
    }
    switch (origin.kind) {
      case 'api':
        await setStored(server, asked);
        return { kept: 'stored', where: 'kept with its declaration' };
      case 'file': {
        // Other hosts don't see this host's files.
        if (deps.isShared) return await setBeside(server, asked, 'the file');
        const reason = await setInFile(server, origin.path, asked);
        if (reason === undefined) return { kept: 'file', where: `written into ${origin.path}` };
        const note = `${origin.path} could not be changed (${reason}); it is kept beside the file instead, until the file itself changes it`;
        return { kept: 'override', where: 'kept beside its declaration', note };
      }
      case 'git':
        return await setBeside(server, asked, 'the repository');
    }
  }

  async function setBeside(server: string, asked: Asked, declaration: string): Promise<Kept> {
    const sinceMs = await stored.write({ suspensions: new Map([[server, asked]]) });
    remember(server, { ...asked, sinceMs });
    const note = `it is kept until ${declaration} itself changes \`suspended\` of ${server}`;
    return { kept: 'override', where: 'kept beside its declaration', note };
  }

  return {
    expect(suspensions) {
      known = suspensions;
    },

    async set(server, suspended, by) {
      const found = store.get(server);
      if (found === undefined)
        throw new AppError('not_found', `there is no server ${server}; list them with \`tutti get servers\``);
      if (found.resource.spec.suspended === suspended)
        return { name: server, suspended, change: 'unchanged' };
      await dropForgotten();
      const { kept, where, note } = await change(server, found, {
        suspended,
        declared: found.suspension?.place === 'override' ? found.suspension.declared : !suspended,
        origin: originKey(found.resource.origin),
        place: 'override',
        by,
      });
      if (suspended)
        events.add(
          server,
          'MCPServerSuspended',
          `by ${by}, ${where}; resume it with \`tutti resume ${server}\``,
        );
      else events.add(server, 'MCPServerResumed', `by ${by}, ${where}`);
      return {
        name: server,
        suspended,
        change: 'changed',
        ...(kept !== undefined && { kept }),
        ...(note !== undefined && { note }),
      };
    },

    forget,

    [Symbol.dispose]() {
      watching[Symbol.dispose]();
      dropping?.[Symbol.dispose]();
    },
  };
}

interface Kept {
  /** Undefined: the declaration alone says it. */
  readonly kept?: ApiSuspended['kept'];
  readonly where: string;
  readonly note?: string;
}
