// The control of one host: see control.ts for what it promises.

import type {
  ApiApplied,
  ApiResource,
  ApiResourceKind,
  ApiServerState,
  ApiSuspended,
  Origin,
} from '@tutti/schemas';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { createSerial, type Serial } from '../../kernel/serial.ts';
import { createSingleFlight } from '../../kernel/single-flight.ts';
import type { EventLog } from '../../resources/events/event-log.ts';
import type { McpServerReconciler } from '../../reconcile/mcp-server/reconciler.ts';
import { digestOf } from '../../resources/digest.ts';
import { isRecord } from '../../resources/is-record.ts';
import { apiPath, placeOf } from '../../resources/origin.ts';
import { compareProblems, type Problem } from '../../resources/problem.ts';
import type { ResourceStore } from '../../resources/store.ts';
import {
  StaleError,
  type StoredNews,
  type StoredResources,
} from '../../resources/stored/stored-resources.ts';
import { writeSuspendedBack } from '../../sources/files/write-back.ts';
import type { Events } from '../../telemetry/events.ts';
import { approvePins } from '../bindings/pins.ts';
import type { Control, Documents, Foreseen } from './control.ts';
import { contentOf, createDeclared, withSuspended, type Declared } from './declared.ts';
import { idOf, readIncoming, type Incoming, type ReadIncoming } from './incoming.ts';
import { InvalidDocumentsError } from '../../resources/invalid-documents.ts';
import { shownResources } from './shown-resources.ts';
import { createSuspender, type Suspender } from './suspender.ts';

/** What the API may declare in all. */
export const MAX_DECLARED = 5_000;
/** Characters of one request to declare. */
export const MAX_DOCUMENTS_CHARS = 1024 ** 2;
/** What to do about a name that is declared somewhere else. */
const ELSEWHERE = 'change it there, or choose another name';
/** Changes that wait for their turn. */
const MAX_WAITING = 100;
/** How often a change is decided anew because another host was quicker. */
const MAX_DECISIONS = 20;

export interface ControlDeps {
  readonly store: ResourceStore;
  readonly stored: StoredResources;
  /** Other hosts may declare and command, too. */
  readonly isShared: boolean;
  readonly clock: Pick<Clock, 'after'>;
  /** Where relative folders of what the API declares start. */
  readonly folder: string;
  readonly events: EventLog;
  readonly happenings: Pick<Events, 'resourceDeclared' | 'resourceRemoved'>;
  readonly warn: (message: string, cause?: unknown) => void;
}

/** What is there only when sources and reconciler are. */
export interface Running {
  readonly reconciler: Pick<McpServerReconciler, 'restart' | 'start' | 'settled' | 'status' | 'pins'>;
  readonly sources: { readonly reloadFiles: () => Promise<void>; readonly sync: () => Promise<void> };
}

export interface OpenedControl extends AsyncDisposable {
  /** Once everything runs; nothing can be changed before. */
  start(running: Running): Control;
}

/** Resolves when what was stored is in force; the other sources are to be read after that. */
export async function openControl(deps: ControlDeps): Promise<OpenedControl> {
  const { store, stored, folder, events, warn } = deps;
  const serial = createSerial(MAX_WAITING);
  const declared = createDeclared({ store, folder });
  const decide = createDecider({ stored, serial, declared, catchUp });
  let running: Running | undefined;
  const suspender = createSuspender({
    store,
    stored,
    declared,
    events,
    files: { write: writeSuspendedBack, reload: async () => await running?.sources.reloadFiles() },
    isShared: deps.isShared,
    clock: deps.clock,
    later: (work) => void decide(work).catch((error: unknown) => warn('cannot follow a declaration', error)),
    warn,
  });

  function catchUp({ documents, suspensions }: StoredNews): void {
    suspender.expect(suspensions);
    declared.put(documents, suspensions);
  }

  const { documents, suspensions } = await stored.load();
  catchUp({ documents: new Map(documents.map((document) => [document.id, document])), suspensions });
  const look = createSingleFlight(() => decide(async () => {}));
  // What can't be read now is read at the next hint, poll or change.
  const watching = stored.watch(() => void look.run().catch(() => undefined));
  return {
    start(everything) {
      running = everything;
      return createControl({ ...deps, ...everything, declared, decide, suspender });
    },
    async [Symbol.asyncDispose]() {
      watching[Symbol.dispose]();
      suspender[Symbol.dispose]();
      await look.idle();
      await serial.idle();
    },
  };
}

/** Runs a change when no other one runs, on what is the last word of all hosts; again when that was not the last word. */
type Decide = <T>(work: () => Promise<T>) => Promise<T>;

interface DeciderDeps {
  readonly stored: StoredResources;
  readonly serial: Serial;
  readonly declared: Declared;
  /** Puts what other hosts changed in force. */
  readonly catchUp: (news: StoredNews) => void;
}

function createDecider({ stored, serial, declared, catchUp }: DeciderDeps): Decide {
  return (work) =>
    serial.run(async () => {
      for (let decisions = 1; ; decisions++) {
        const news = await stored.news(() => declared.ids());
        if (news !== undefined) catchUp(news);
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof StaleError) || decisions >= MAX_DECISIONS) throw error;
        }
      }
    });
}

interface Parts extends ControlDeps, Running {
  readonly declared: Declared;
  readonly decide: Decide;
  readonly suspender: Suspender;
}

function createControl(parts: Parts): Control {
  const { store, stored, folder, happenings, reconciler, sources, declared, decide, suspender } = parts;

  /** One change at a time, each in force before its caller hears of it. */
  async function change<T>(work: () => Promise<T>): Promise<T> {
    const result = await decide(work);
    await reconciler.settled();
    return result;
  }

  function read(documents: Documents, by: string): ReadIncoming {
    const size = 'text' in documents ? documents.text.length : JSON.stringify(documents.documents).length;
    if (size > MAX_DOCUMENTS_CHARS)
      throw new AppError(
        'too_large',
        `more than ${MAX_DOCUMENTS_CHARS} characters; apply the documents in several parts`,
      );
    return readIncoming(documents, { folder, by });
  }

  async function apply(documents: Documents, by: string): Promise<ApiApplied> {
    const { resources, problems } = read(documents, by);
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new InvalidDocumentsError(errors);
    for (const { kind, name } of resources) refuseForeign(kind, name, ELSEWHERE);
    const decided = resources.map((one) => ({ ...one, ...changeOf(one, parts) }));
    const created = decided.filter((one) => one.change === 'created').length;
    if (declared.size + created > MAX_DECLARED)
      throw new AppError(
        'too_large',
        `more than ${MAX_DECLARED} resources over the API; delete some of them`,
      );
    const changed = decided.filter((one) => one.change !== 'unchanged');
    const overruled = resources.filter((one) => one.saysSuspended && isKnown(one)).map(({ name }) => name);
    if (changed.length > 0 || overruled.length > 0) {
      const changedAtMs = await stored.write({
        documents: new Map(changed.map(({ id, text }) => [id, { text, by }])),
        suspensions: new Map(overruled.map((name) => [name, null])),
      });
      if (overruled.length > 0) suspender.forget(overruled);
      declared.put(new Map(changed.map(({ id, text }) => [id, { id, text, by, changedAtMs }])));
    }
    for (const { kind, name, change } of changed) happenings.resourceDeclared(kind, name, change, by);
    return {
      items: decided.map(({ kind, name, change }) => ({ kind, name, change })),
      warnings: problems.filter(({ severity }) => severity === 'warning'),
    };
  }

  /** Whether it was suspended here, and not by its document. */
  function isKnown({ kind, name }: Incoming): boolean {
    return kind === 'MCPServer' && store.suspensions().get(name)?.origin === 'api';
  }

  function inForce(kind: ApiResourceKind, name: string): Origin | undefined {
    if (kind === 'MCPServer') return store.get(name)?.resource.origin;
    return store.toolsets().find(({ resource }) => resource.name === name)?.resource.origin;
  }

  /** Why a name can't be declared or deleted here, if so. */
  function foreign(kind: ApiResourceKind, name: string, advice: string): string | undefined {
    const origin = inForce(kind, name);
    if (origin === undefined || origin.kind === 'api') return undefined;
    return `${kind} \`${name}\` is declared in ${placeOf(origin)}; ${advice}`;
  }

  function refuseForeign(kind: ApiResourceKind, name: string, advice: string): void {
    const reason = foreign(kind, name, advice);
    if (reason !== undefined) throw new AppError('refused', reason);
  }

  function check(documents: Documents): readonly Problem[] {
    const { path, resources, problems } = read(documents, '');
    const refused = resources.flatMap(({ kind, name, place }): Problem[] => {
      const message = foreign(kind, name, ELSEWHERE);
      return message === undefined ? [] : [{ path, ...place, message, severity: 'error' }];
    });
    return [...problems, ...refused].toSorted(compareProblems);
  }

  function foresee(documents: Documents): Foreseen {
    const problems = check(documents);
    if (problems.some(({ severity }) => severity === 'error'))
      return { changes: new Map(), overruled: [], problems };
    const { resources } = read(documents, '');
    const changed = resources
      .map((one) => ({ ...one, ...changeOf(one, parts) }))
      .filter(({ change }) => change !== 'unchanged');
    return {
      changes: new Map(changed.map(({ id, text }) => [apiPath(id), contentOf({ id, text, by: '' }, folder)])),
      overruled: resources.filter((one) => one.saysSuspended && isKnown(one)).map(({ name }) => name),
      problems,
    };
  }

  async function resume(server: string, by: string): Promise<ApiSuspended> {
    const outcome = await suspender.set(server, false, by);
    const startsAlone = store.get(server)?.resource.spec.autoStart !== false;
    if (startsAlone || outcome.change === 'unchanged') return outcome;
    return { ...outcome, note: `it does not start by itself; run it with \`tutti start ${server}\`` };
  }

  async function remove(kind: ApiResourceKind, name: string, by: string): Promise<void> {
    const id = idOf(kind, name);
    if (declared.get(id) === undefined) {
      refuseForeign(kind, name, 'delete it there');
      throw new AppError('not_found', `there is no ${kind} \`${name}\` that was declared over the API`);
    }
    const isSuspended = kind === 'MCPServer' && store.suspensions().get(name)?.origin === 'api';
    await stored.write({
      documents: new Map([[id, null]]),
      suspensions: new Map(isSuspended ? [[name, null]] : []),
    });
    declared.put(new Map([[id, null]]));
    if (isSuspended) suspender.forget([name]);
    happenings.resourceRemoved(kind, name, by);
  }

  async function start(server: string, by: string): Promise<ApiSuspended> {
    const outcome = await suspender.set(server, false, by);
    const wasRunning = outcome.change === 'unchanged' && isUnderWay(reconciler.status(server)?.state);
    reconciler.start(server);
    return wasRunning ? outcome : { ...outcome, change: 'changed' };
  }

  /** What was asked for holds, and the server may be kept from running by something else. */
  async function withBlocked(asked: Promise<ApiSuspended>): Promise<ApiSuspended> {
    const outcome = await asked;
    const status = reconciler.status(outcome.name);
    if (status?.state !== 'Blocked') return outcome;
    return { ...outcome, blocked: status.reason ?? 'see `tutti describe server`' };
  }

  const resources = (): readonly ApiResource[] => shownResources({ store, declared });
  return {
    apply: (documents, by) => change(() => apply(documents, by)),
    check,
    foresee,
    remove: (kind, name, by) => change(() => remove(kind, name, by)),
    resources,
    resource: (kind, name) => resources().find((one) => one.kind === kind && one.name === name),
    document: (kind, name) => documentOf(declared.get(idOf(kind, name))?.text),
    suspend: (server, by) => change(() => suspender.set(server, true, by)),
    stop: (server, by) => change(() => suspender.set(server, true, by)),
    resume: (server, by) => withBlocked(change(() => resume(server, by))),
    start: (server, by) => withBlocked(change(() => start(server, by))),
    restart: (server, by) =>
      change(async () => {
        await suspender.set(server, false, by);
        reconciler.restart(server);
      }),
    approvePins: (server, approval, by) => change(() => approvePins(reconciler.pins, server, approval, by)),
    reconnect: (server) => change(async () => reconciler.restart(server)),
    async reload() {
      await sources.sync();
      await reconciler.settled();
    },
  };
}

function documentOf(text: string | undefined): ReturnType<Control['document']> {
  const document: unknown = text === undefined ? undefined : JSON.parse(text);
  if (!isRecord(document) || !isRecord(document['spec'])) return undefined;
  return { ...document, spec: document['spec'] };
}

function isUnderWay(state: ApiServerState | undefined): boolean {
  return state === 'Running' || state === 'Starting' || state === 'Connected' || state === 'Connecting';
}

type Change = ApiApplied['items'][number]['change'];

/** What becomes of a document. One that does not say whether its server is suspended leaves that as it was commanded. */
function changeOf(
  { id, name, kind, text, saysSuspended }: Incoming,
  { store, declared }: Pick<Parts, 'store' | 'declared'>,
): { readonly text: string; readonly change: Change } {
  const known = declared.get(id);
  if (known === undefined) return { text, change: 'created' };
  const suspension = kind === 'MCPServer' && !saysSuspended ? store.suspensions().get(name) : undefined;
  const kept = suspension?.origin === 'api' ? withSuspended(text, suspension.suspended) : text;
  return { text: kept, change: isSameJson(known.text, kept) ? 'unchanged' : 'changed' };
}

function isSameJson(one: string, other: string): boolean {
  const [left, right]: unknown[] = [one, other].map((text): unknown => JSON.parse(text));
  return digestOf(left) === digestOf(right);
}
