// How sources read.

import { styleText } from 'node:util';
import type { ApiSource } from '@tutti/schemas';
import type { CliContext } from '../context.ts';
import { oneLine } from './printable.ts';
import { relativeTime } from './words.ts';

const MAX_NOTE_WIDTH = 100;
const COLORS = { Synced: 'green', Syncing: 'yellow', Failed: 'red' } as const;

export const SOURCE_HEADER = ['NAME', 'STATE', 'COMMIT', 'SERVERS', 'FROM', 'NOTE'] as const;

export function sourceRow(source: ApiSource, { stdout }: CliContext): string[] {
  return [
    source.name,
    styleText(COLORS[source.state], source.state, { stream: stdout }),
    source.commit?.id.slice(0, 7) ?? '-',
    String(source.serverCount),
    [source.url, ...(source.branch === undefined ? [] : [`#${source.branch}`])].join(''),
    oneLine(noteOf(source, Date.now()), MAX_NOTE_WIDTH),
  ];
}

function noteOf({ lastError, nextAttempt, lastSync, commit }: ApiSource, nowMs: number): string {
  if (lastError !== undefined)
    return nextAttempt === undefined
      ? lastError
      : `retrying ${relativeTime(nextAttempt, nowMs)}: ${lastError}`;
  const parts = [
    commit?.subject,
    lastSync === undefined ? undefined : `pulled ${relativeTime(lastSync, nowMs)}`,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}
