// Desired state from a git repository: pulled on an interval and whenever it is asked for. What a commit declares takes
// effect at once and as a whole; a pull that fails changes nothing but the status, and is tried again by itself.

import { join } from 'node:path';
import { displayGitUrl, gitUrlSecrets, type SourceResource } from '@tutti/schemas';
import { backoffDelayMs } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { createSingleFlight } from '../../kernel/single-flight.ts';
import { gitPath, pathOf } from '../../resources/origin.ts';
import type { Problem } from '../../resources/problem.ts';
import { readDocuments } from '../../resources/read-documents.ts';
import type { ResourceStore } from '../../resources/store.ts';
import { takeChanges, type Applied } from '../changes.ts';
import { problemAt, type Scan } from '../seen.ts';
import { createGit } from './command.ts';
import {
  FETCH_TIMEOUT_MS,
  FIRST_FETCH_TIMEOUT_MS,
  FIRST_LOOK_MS,
  FIRST_RETRY_MS,
  JITTER,
  MAX_REASON_CHARS,
} from './limits.ts';
import { createRepository, type Commit, type Pulled } from './repository.ts';

export interface GitSource extends AsyncDisposable {
  /** Settles when the first look is applied, or fails, or takes too long; never rejects. */
  readonly synced: Promise<void>;
  /** Pulls now; resolves when the outcome is applied. Who asks during a pull gets the next one. */
  sync(): Promise<void>;
  status(): GitSourceStatus;
}

export interface GitSourceStatus {
  /** In force. */
  readonly commit: Commit | undefined;
  /** Why the last attempt failed, if it did. */
  readonly lastError: string | undefined;
  readonly lastSyncAtMs: number | undefined;
  readonly lastAttemptAtMs: number | undefined;
  readonly nextAttemptAtMs: number | undefined;
}

export interface GitSourceDeps {
  readonly resource: SourceResource;
  /** With its variables resolved; it may hold credentials. */
  readonly url: string;
  /** Why that can't be pulled from, if so. What was there last is in force all the same. */
  readonly issue?: string | undefined;
  /** What else is wrong with the declaration. */
  readonly notes?: readonly Problem[];
  /** Where the checkout is. */
  readonly folder: string;
  readonly store: ResourceStore;
  /** What is in force of this source; it outlives this object, whose successor goes on from there. */
  readonly applied: Applied;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called when the commit in force, or the reason of a failure, becomes another one. */
  readonly changed: (status: GitSourceStatus) => void;
}

/** Starts to pull. */
export function createGitSource(deps: GitSourceDeps): GitSource {
  const { resource, url, folder, store, applied, clock } = deps;
  const { name } = resource;
  const { branch, path, intervalMs } = resource.spec.git;
  const closing = new AbortController();
  const shown = (inside: string): string => gitPath(name, inside);
  const git = createGit({ environment: deps.environment, signal: closing.signal });
  const repository = createRepository({ git, folder, url, branch, shown });
  let seen: { readonly commit: Commit; readonly scan: Scan } | undefined;
  let lastError: string | undefined;
  let lastSyncAtMs: number | undefined;
  let lastAttemptAtMs: number | undefined;
  let nextAttemptAtMs: number | undefined;
  let failures = 0;
  let timer: Disposable | undefined;

  const status = (): GitSourceStatus => ({
    commit: seen?.commit,
    lastError,
    lastSyncAtMs,
    lastAttemptAtMs,
    nextAttemptAtMs,
  });

  /** Reads what the commit declares, unless it is in force already; the reason when that can't be done. */
  async function take(commit: Commit): Promise<string | undefined> {
    if (seen?.commit.id === commit.id) return undefined;
    let read = await repository.read(commit, path);
    if (read.kind === 'failed' && !closing.signal.aborted) {
      const renewed = await repository.cloneAnew();
      read = renewed.kind === 'failed' ? renewed : await repository.read(renewed.commit, path);
    }
    if (read.kind === 'failed') return read.reason;
    seen = { commit, scan: read.scan };
    return undefined;
  }

  async function pull(): Promise<string | undefined> {
    const isFirst = seen === undefined;
    const timeoutMs = isFirst ? FIRST_FETCH_TIMEOUT_MS : FETCH_TIMEOUT_MS;
    const pulled: Pulled =
      deps.issue === undefined ? await repository.pull(timeoutMs) : { kind: 'failed', reason: deps.issue };
    if (pulled.kind === 'commit') return await take(pulled.commit);
    const known = isFirst ? await repository.lastGood() : undefined;
    if (known !== undefined) await take(known);
    return pulled.reason;
  }

  const flight = createSingleFlight(async () => {
    if (closing.signal.aborted) return;
    timer?.[Symbol.dispose]();
    nextAttemptAtMs = undefined;
    lastAttemptAtMs = clock.nowMs();
    const before = status();
    // A full disk, a folder that is not ours: whatever it is, it is shown, and tried again.
    const reason = await pull().catch((error: unknown) =>
      String(error instanceof Error ? error.message : error),
    );
    if (closing.signal.aborted) return;
    lastError = reason === undefined ? undefined : cleanReason(reason, url);
    failures = lastError === undefined ? 0 : failures + 1;
    if (lastError === undefined) lastSyncAtMs = clock.nowMs();
    apply();
    if (deps.issue === undefined) {
      const delayMs = delayAfter(failures, intervalMs, deps.random());
      nextAttemptAtMs = clock.nowMs() + delayMs;
      timer = clock.after(delayMs, () => void flight.run());
    }
    if (before.commit?.id !== seen?.commit.id || before.lastError !== lastError) deps.changed(status());
  });

  function apply(): void {
    const commit = seen?.commit.id ?? '';
    const problems = [...(deps.notes ?? []), ...(lastError === undefined ? [] : [pullProblem(lastError)])];
    const changes = takeChanges(applied, {
      seen: seen?.scan,
      notes: { scope: `source ${name}`, problems },
      read: (file, { text, inFolder }) => {
        const inside = file.slice(shown('').length);
        const from = { source: name, commit, path: inside };
        return readDocuments(join(folder, inside), text, { inFolder, git: from });
      },
    });
    if (changes.size > 0) store.apply(changes);
  }

  function pullProblem(reason: string) {
    const { origin } = resource;
    const state =
      seen === undefined
        ? 'nothing of it is known yet'
        : `what commit ${seen.commit.id.slice(0, 7)} declares stays in force`;
    const next = deps.issue === undefined ? ', and it is tried again by itself' : '';
    const message = `Source \`${name}\` can't be pulled from ${displayGitUrl(url)}: ${reason}; ${state}${next}`;
    return { ...problemAt(pathOf(origin), message), line: origin.line };
  }

  const first = flight.run();
  let patience: Disposable | undefined;
  const impatient = new Promise<void>((resolve) => {
    patience = clock.after(FIRST_LOOK_MS, resolve);
  });
  return {
    synced: Promise.race([first, impatient]).finally(() => patience?.[Symbol.dispose]()),
    sync: flight.run,
    status,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await flight.idle();
      timer?.[Symbol.dispose]();
    },
  };
}

function delayAfter(failures: number, intervalMs: number, chance: number): number {
  const varied = intervalMs * (1 + JITTER * (2 * chance - 1));
  if (failures === 0) return Math.round(varied);
  const initialMs = Math.min(FIRST_RETRY_MS, intervalMs);
  return backoffDelayMs({ initialMs, factor: 2, maxMs: intervalMs, jitter: JITTER }, failures, chance);
}

/** A reason without the credentials that the url holds, in whichever form git repeats them. */
export function cleanReason(reason: string, url: string): string {
  let text = reason.replaceAll(url, displayGitUrl(url));
  for (const secret of gitUrlSecrets(url)) text = text.replaceAll(secret, '[secret]');
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MAX_REASON_CHARS);
}
