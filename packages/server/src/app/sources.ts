// The sources of one host: the files it was given, and the repositories that are declared. A Source that comes, changes
// or goes takes effect at once; of one that is gone nothing stays in force.

import { join } from 'node:path';
import { gitUrlIssue, gitUrlSecrets, type ApiSource, type SourceResource } from '@tutti/schemas';
import type { Clock } from '../kernel/clock.ts';
import { createSingleFlight } from '../kernel/single-flight.ts';
import { digestOf } from '../resources/digest.ts';
import { pathOf } from '../resources/origin.ts';
import type { ResourceStore, ScopeContent } from '../resources/store.ts';
import { unresolvedMessage } from '../resources/resolved-issues.ts';
import { resolveText } from '../resources/variables.ts';
import type { Applied } from '../sources/changes.ts';
import { createFileSource } from '../sources/files/file-source.ts';
import { createGitSource, type GitSource, type GitSourceStatus } from '../sources/git/git-source.ts';
import type { Events } from '../telemetry/events.ts';
import type { Redactor } from '../telemetry/redactor.ts';
import type { Variables } from './allowed-environment.ts';
import { apiSource } from './bindings/sources.ts';

export interface Sources extends AsyncDisposable {
  /** Settles when all that is declared at the start has been looked at, or has had its time. */
  readonly synced: Promise<void>;
  /** Reads everything again; resolves when the outcome is in force. */
  sync(): Promise<void>;
  /** The same for the files alone. */
  reloadFiles(): Promise<void>;
  /** What the files are read from, if any, and where checkouts are. */
  readonly places: { readonly path: string | undefined; readonly checkouts: string };
  /** What a look at the files now would change; nothing is applied. */
  pending(): Promise<ReadonlyMap<string, ScopeContent | null>>;
  /** By name. */
  list(): readonly ApiSource[];
  /** Whether there is a Source of that name, and the secret that its webhook is signed with. */
  webhook(name: string): { readonly secret: string | undefined } | undefined;
  /** Pulls one soon. */
  syncSoon(name: string): void;
}

export interface SourcesDeps {
  /** Undefined: there are no files. */
  readonly path: string | undefined;
  /** Where checkouts are. */
  readonly folder: string;
  readonly store: ResourceStore;
  /** For the variables of Sources themselves. */
  readonly environment: Variables;
  /** What git runs with. */
  readonly gitEnvironment: Variables;
  readonly clock: Clock;
  readonly random: () => number;
  readonly redactor: Redactor;
  readonly happenings: Pick<Events, 'sourcePulled' | 'sourceFailed' | 'internalError'>;
}

interface Running {
  readonly resource: SourceResource;
  readonly digest: string;
  readonly secret: string | undefined;
  readonly source: GitSource;
}

export function createSources(deps: SourcesDeps): Sources {
  const { store, clock, redactor } = deps;
  const files = deps.path === undefined ? undefined : createFileSource({ path: deps.path, store, clock });
  const running = new Map<string, Running>();
  const applied = new Map<string, Applied>();
  let isClosed = false;

  /** Stops what is not declared any more and starts what is. */
  const arrange = createSingleFlight(async () => {
    const declared = new Map(store.sources().map((resource) => [resource.name, resource]));
    for (const [name, { source, digest }] of running) {
      const resource = declared.get(name);
      if (resource !== undefined && digestOf(resource) === digest) continue;
      await source[Symbol.asyncDispose]();
      running.delete(name);
      if (resource === undefined) finalize(name);
    }
    if (isClosed) return;
    for (const [name, resource] of declared) if (!running.has(name)) running.set(name, start(resource));
  });

  function start(resource: SourceResource): Running {
    const { name, spec, origin } = resource;
    const variables = { secrets: {}, environment: deps.environment };
    const url = resolveText(spec.git.url, variables);
    const secret = resolveText(spec.git.webhookSecret ?? '', variables);
    const [missing] = url.unresolved;
    const [noSecret] = secret.unresolved;
    const known: Applied = applied.get(name) ?? new Map<string, string>();
    applied.set(name, known);
    redactor.set(`Source ${name}`, [...gitUrlSecrets(url.text), secret.text]);
    const place = { path: pathOf(origin), line: origin.line, column: 1, severity: 'error' } as const;
    const source = createGitSource({
      resource,
      url: url.text,
      issue: missing === undefined ? gitUrlIssue(url.text) : unresolvedMessage(missing),
      notes:
        noSecret === undefined
          ? []
          : [{ ...place, message: `Source \`${name}\` has no webhook: ${unresolvedMessage(noSecret)}` }],
      folder: join(deps.folder, name),
      store,
      applied: known,
      environment: deps.gitEnvironment,
      clock,
      random: deps.random,
      changed: (status) => tell(name, status),
    });
    const isUsable = secret.text !== '' && noSecret === undefined;
    return { resource, digest: digestOf(resource), secret: isUsable ? secret.text : undefined, source };
  }

  function finalize(name: string): void {
    const scopes = [...(applied.get(name)?.keys() ?? [])];
    applied.delete(name);
    redactor.set(`Source ${name}`, []);
    store.apply(new Map(scopes.map((scope) => [scope, null])));
  }

  function tell(name: string, { commit, lastError }: GitSourceStatus): void {
    if (lastError !== undefined) deps.happenings.sourceFailed(name, lastError);
    else if (commit !== undefined) {
      const time = new Date(commit.timeMs).toISOString();
      deps.happenings.sourcePulled(name, commit.id.slice(0, 7), commit.subject, time);
    }
  }

  const watching = store.watch(() => void arrange.run().catch(deps.happenings.internalError));

  const repositories = (): GitSource[] => [...running.values()].map(({ source }) => source);

  async function lookFirst(): Promise<void> {
    await files?.synced;
    await arrange.run();
    await Promise.all(repositories().map(({ synced }) => synced));
  }

  return {
    synced: lookFirst(),
    async sync() {
      await files?.reload();
      await arrange.run();
      await Promise.all(repositories().map((source) => source.sync()));
    },
    async reloadFiles() {
      await files?.reload();
    },
    places: { path: deps.path, checkouts: deps.folder },
    pending: async () => (await files?.pending()) ?? new Map(),
    list: () =>
      [...running.values()]
        .toSorted((a, b) => (a.resource.name < b.resource.name ? -1 : 1))
        .map(({ resource, source }) => apiSource(resource, source.status(), store)),
    webhook: (name) => running.get(name),
    syncSoon(name) {
      void running.get(name)?.source.sync().catch(deps.happenings.internalError);
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      watching[Symbol.dispose]();
      await files?.close();
      await arrange.idle();
      await Promise.all(repositories().map((source) => source[Symbol.asyncDispose]()));
    },
  };
}
