// How leases of files read.

import type { ApiLease, ApiLeaseDetail } from '@tutti/schemas';
import { Option } from 'commander';
import type { LeaseQuery } from '@tutti/sdk';
import { fieldLines, MAX_TEXT_WIDTH, section } from './description.ts';
import type { Listing } from './listings.ts';
import { oneLine } from './printable.ts';
import { limitOption } from './work-listings.ts';
import { relativeTime } from './words.ts';

const MAX_PATHS_WIDTH = 80;

export type LeaseFilters = Pick<LeaseQuery, 'space' | 'agent' | 'limit'>;

export const LEASES: Listing<ApiLease, LeaseFilters> = {
  name: 'leases',
  alias: 'lease',
  description: 'files that agents have for themselves, or share, the oldest first',
  filters: () => [
    new Option('--space <name>', 'only of this root of files'),
    new Option('--agent <id>', 'only those of this agent'),
    limitOption('so many at most'),
  ],
  list: (client, { signal, space, agent, limit }) => client.leases.list({ signal, space, agent, limit }),
  key: ({ id }) => id,
  header: ['ID', 'AGENT', 'SPACE', 'MODE', 'FENCE', 'SINCE', 'EXPIRES', 'PATHS', 'REASON'],
  row: (lease) => [
    lease.id,
    oneLine(lease.agent_id, Infinity),
    lease.space,
    lease.mode,
    String(lease.fence),
    relativeTime(lease.since, Date.now()),
    relativeTime(lease.expires_at, Date.now()),
    oneLine(lease.paths.join(' '), MAX_PATHS_WIDTH),
    oneLine(lease.reason ?? '', MAX_TEXT_WIDTH),
  ],
  empty: 'No files are leased. docs/guides/file-leases.md says how agents lease files.',
};

/** Who has what, and until when. */
export function leaseNote({ agent_id: agent, mode, paths, reason, expires_at: until }: ApiLease): string {
  const why = reason === undefined ? '' : ` ("${oneLine(reason, MAX_TEXT_WIDTH)}")`;
  const how = mode === 'shared' ? 'shares' : 'has';
  return `${oneLine(agent, Infinity)} ${how} ${oneLine(paths.join(', '), MAX_PATHS_WIDTH)}${why}, until ${until} unless it calls before`;
}

export function leaseLines(lease: ApiLeaseDetail, nowMs: number): string[] {
  const time = (iso: string): string => `${iso} (${relativeTime(iso, nowMs)})`;
  return [
    ...fieldLines([
      ['Id', lease.id],
      ['Agent', oneLine(lease.agent_id, Infinity)],
      ['Task', lease.task_id],
      ['Space', lease.space],
      ['Mode', lease.mode],
      ['Fence', String(lease.fence)],
      ['Reason', oneLine(lease.reason ?? '', Infinity)],
      ['Since', time(lease.since)],
      ['Expires', `${time(lease.expires_at)}, later with each call of its agent`],
    ]),
    ...section(
      'Paths',
      lease.paths.map((path) => [oneLine(path, Infinity)]),
    ),
    ...section(
      'Waiting, the next one first',
      lease.waiting.map(({ agent_id: agent, mode, paths, reason, since }) => [
        oneLine(agent, Infinity),
        mode,
        relativeTime(since, nowMs),
        oneLine(paths.join(' '), MAX_PATHS_WIDTH),
        oneLine(reason ?? '', MAX_TEXT_WIDTH),
      ]),
    ),
  ];
}
