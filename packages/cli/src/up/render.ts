// What `tutti up` shows: the endpoint and how to add it to a client once, and a table that lives. Pure.

import { stripVTControlCharacters } from 'node:util';
import { problemLine, type ApiProblem, type ApiServer } from '@tutti/schemas';
import { CLIENTS } from '../clients/clients.ts';
import { isServing, serverNote, styledState, toolCountText } from '../output/server-words.ts';
import { oneLine } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';
import { count } from '../output/words.ts';

export interface Room {
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
  readonly stream: NodeJS.WritableStream;
}

const MAX_SHOWN_PROBLEMS = 5;
/** Lines of the block that are not rows of the table: header, summary, space. */
const FRAME_LINES = 5;
/** The columns for state and tools, and the gaps between columns. */
const FIXED_WIDTH = 25;
const GAP_WIDTH = 2;

export function introLines(mcpUrl: string): string[] {
  const lines = CLIENTS.flatMap(({ title, addLine }): [string, string][] =>
    addLine === undefined ? [] : [[title, addLine(mcpUrl)]],
  );
  return [
    `One endpoint for every client: ${mcpUrl}`,
    '',
    'Add it to',
    ...lines.map(([title, line]) => `  ${title.padEnd(12)} ${line}`),
    '',
  ];
}

export function liveLines(
  servers: readonly ApiServer[],
  problems: readonly ApiProblem[],
  { columns, rows, nowMs, stream }: Room,
): string[] {
  const shownProblems = problems.slice(0, MAX_SHOWN_PROBLEMS);
  const capacity = Math.max(3, rows - FRAME_LINES - shownProblems.length);
  const shown = fitting(servers, capacity);
  // Nobody needs an empty column.
  const hasPorts = shown.some(({ portUrl }) => portUrl !== undefined);
  const portWidth = Math.max(0, ...shown.map(({ portUrl = '' }) => portUrl.length + GAP_WIDTH));
  const nameWidth = Math.max(0, ...shown.map(({ name }) => name.length));
  const noteWidth = Math.max(1, columns - FIXED_WIDTH - nameWidth - (hasPorts ? portWidth : 0));
  const table = tableLines(
    ['SERVER', 'STATE', 'TOOLS', ...(hasPorts ? ['OWN PORT'] : []), 'NOTE'],
    shown.map((server) => [
      server.name,
      styledState(server.status.state, stream),
      toolCountText(server),
      ...(hasPorts ? [server.portUrl ?? ''] : []),
      oneLine(serverNote(server, nowMs), noteWidth),
    ]),
  );
  const hidden = servers.length - shown.length;
  return [
    ...(servers.length === 0 ? ['No servers yet. Add one with: tutti add NAME -- COMMAND'] : table),
    ...(hidden > 0 ? [`… and ${hidden} more: tutti get servers`] : []),
    '',
    summary(servers),
    ...shownProblems.map(problemLine).map((line) => `! ${line}`),
    ...(problems.length > shownProblems.length ? ['! … more: tutti validate'] : []),
  ].map((line) => cut(line, columns));
}

/** Two equal ones are no change: what only counts down is none, nor how far a start has come. */
export function changeKey({ toolCount, portUrl, status }: ApiServer): string {
  const { state, reason, nextRetryAfter } = status;
  const isStarting = state === 'Starting' || state === 'Connecting';
  return [state, isStarting ? '' : reason, nextRetryAfter, toolCount, portUrl].join();
}

/** One line for one change, for output that is no terminal. */
export function changeLine(server: ApiServer, nowMs: number): string {
  const note = serverNote(server, nowMs);
  const { name, status, toolCount, portUrl } = server;
  const tools = isServing(status.state) && toolCount !== undefined ? `, ${count(toolCount, 'tool')}` : '';
  const port = portUrl === undefined ? '' : `, ${portUrl}`;
  return `${isoTime(nowMs)} ${name}: ${status.state}${tools}${port}${note === '' ? '' : ` (${oneLine(note, 300)})`}`;
}

export function removalLine(name: string, nowMs: number): string {
  return `${isoTime(nowMs)} ${name}: removed`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function summary(servers: readonly ApiServer[]): string {
  const serving = servers.filter((server) => isServing(server.status.state));
  const tools = serving.reduce((sum, { toolCount = 0 }) => sum + toolCount, 0);
  return `${serving.length} of ${count(servers.length, 'server')} ready, ${count(tools, 'tool')}. Ctrl-C stops everything.`;
}

/** When there is not room for all, those that need attention come first. */
function fitting(servers: readonly ApiServer[], capacity: number): readonly ApiServer[] {
  if (servers.length <= capacity) return servers;
  return servers
    .toSorted((a, b) => Number(isServing(a.status.state)) - Number(isServing(b.status.state)))
    .slice(0, capacity);
}

/** A line that is too long is cut, and loses its colours with it. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length < columns ? line : plain.slice(0, columns - 1);
}
