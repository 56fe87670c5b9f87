// A source in the API's own shape.

import {
  displayGitUrl,
  type ApiOrigin,
  type ApiSource,
  type Origin,
  type SourceResource,
} from '@tutti/schemas';
import type { ResourceStore } from '../../resources/store.ts';
import type { GitSourceStatus } from '../../sources/git/git-source.ts';

export function apiSource(
  resource: SourceResource,
  status: GitSourceStatus,
  store: ResourceStore,
): ApiSource {
  const { name, spec, origin } = resource;
  const { url, branch, path, intervalMs } = spec.git;
  const { lastError, commit } = status;
  const isReady = lastError === undefined && commit !== undefined;
  return {
    name,
    type: 'git',
    url: displayGitUrl(url),
    ...(branch !== undefined && { branch }),
    ...(path !== '' && { path }),
    intervalSeconds: intervalMs / 1_000,
    origin: apiOrigin(origin),
    ...(commit !== undefined && {
      commit: { id: commit.id, subject: commit.subject, time: isoTime(commit.timeMs) },
    }),
    serverCount: store.list().filter(({ resource }) => isFrom(resource.origin, name)).length,
    state: lastError !== undefined ? 'Failed' : isReady ? 'Synced' : 'Syncing',
    ...(lastError !== undefined && { lastError }),
    ...times(status),
    conditions: [
      {
        type: 'Ready',
        status: isReady ? 'True' : lastError === undefined ? 'Unknown' : 'False',
        reason: isReady ? 'Pulled' : lastError === undefined ? 'FirstPull' : 'PullFailed',
        ...(lastError !== undefined && { message: lastError }),
      },
    ],
  };
}

export function apiOrigin(origin: Origin): ApiOrigin {
  const { kind, path, line } = origin;
  switch (origin.kind) {
    case 'file':
      return { source: kind, file: path, line };
    case 'git':
      return { source: kind, name: origin.source, commit: origin.commit, file: path, line };
    case 'api':
      return { source: kind, by: origin.by };
  }
}

function isFrom(origin: Origin, source: string): boolean {
  return origin.kind === 'git' && origin.source === source;
}

function times({ lastSyncAtMs, lastAttemptAtMs, nextAttemptAtMs }: GitSourceStatus) {
  return {
    ...(lastSyncAtMs !== undefined && { lastSync: isoTime(lastSyncAtMs) }),
    ...(lastAttemptAtMs !== undefined && { lastAttempt: isoTime(lastAttemptAtMs) }),
    ...(nextAttemptAtMs !== undefined && { nextAttempt: isoTime(nextAttemptAtMs) }),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
