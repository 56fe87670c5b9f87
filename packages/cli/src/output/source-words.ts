// Sources as a table for people.

import { styleText } from 'node:util';
import type { ApiSource } from '@tutti/schemas';
import type { CliContext } from '../context.ts';
import { oneLine } from './printable.ts';
import { tableLines } from './table.ts';
import { relativeTime } from './words.ts';

const MAX_NOTE_WIDTH = 100;
const COLORS = { Synced: 'green', Syncing: 'yellow', Failed: 'red' } as const;

export function sourceLines(sources: readonly ApiSource[], { stdout }: CliContext): string[] {
  if (sources.length === 0)
    return ['No Source is declared: the files of this machine are all there is. See: tutti up --help'];
  const nowMs = Date.now();
  return tableLines(
    ['NAME', 'STATE', 'COMMIT', 'SERVERS', 'FROM', 'NOTE'],
    sources.map((source) => [
      source.name,
      styleText(COLORS[source.state], source.state, { stream: stdout }),
      source.commit?.id.slice(0, 7) ?? '-',
      String(source.serverCount),
      [source.url, ...(source.branch === undefined ? [] : [`#${source.branch}`])].join(''),
      oneLine(noteOf(source, nowMs), MAX_NOTE_WIDTH),
    ]),
  );
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
