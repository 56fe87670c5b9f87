// `tutti describe server NAME`: everything that is known of one server, with its last events and log lines.

import type { ApiEvent, ApiLogLine, ApiServer, ApiTool } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { explainMissingServer } from '../missing-server.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { originText } from '../output/resource-words.ts';
import { styledState } from '../output/server-words.ts';
import { oneLine } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';
import { relativeTime } from '../output/words.ts';

const SHOWN_EVENTS = 10;
const SHOWN_LOG_LINES = 10;
const MAX_TEXT_WIDTH = 120;

interface Described {
  readonly server: ApiServer;
  readonly tools: readonly ApiTool[];
  readonly events: readonly ApiEvent[];
  readonly logs: readonly ApiLogLine[];
}

export function registerDescribe(program: Command, context: CliContext): void {
  const describe = program.command('describe').description('show one resource in full');
  const server = describe.command('server').argument('<name>').description('state, reasons, tools, log');
  withOutput(withInstance(server)).action(async (name: string, options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const signal = context.signal;
    const found = await explainMissingServer(client, name, () => client.server(name, { signal }));
    if (options.output !== 'table') {
      print(context, options.output, found, () => []);
      return;
    }
    const [tools, events, logs] = await Promise.all([
      client.tools({ server: name, signal }),
      client.events({ name, signal }),
      client.logs(name, { tail: SHOWN_LOG_LINES, signal }),
    ]);
    const described = {
      server: found,
      tools,
      events: events.slice(-SHOWN_EVENTS),
      logs,
    };
    print(context, 'table', described, () => describeLines(described, Date.now(), context));
  });
}

function describeLines(described: Described, nowMs: number, context: CliContext): string[] {
  const { server, tools, events, logs } = described;
  const { status } = server;
  const time = (iso: string | undefined): string | undefined =>
    iso === undefined ? undefined : `${iso} (${relativeTime(iso, nowMs)})`;
  const fields: [string, string | undefined][] = [
    ['Name', server.name],
    ['Description', oneLine(server.description ?? '', Infinity)],
    ['Type', server.type],
    ['URL', server.url],
    ['Dialled at', server.dialUrl],
    ['Own port', server.portUrl && `${server.portUrl}/mcp, ${server.portUrl}/sse`],
    ['Declared in', server.origin && originText(server.origin, context)],
    ['State', styledState(status.state, context.stdout)],
    ['Reason', oneLine(status.reason ?? '', Infinity)],
    ['Last error', oneLine(status.lastError ?? '', Infinity)],
    ['Next attempt', time(status.nextRetryAfter)],
    ['Last attempt', time(status.lastAttempt)],
    ['Last connected', time(status.lastConnected)],
    ['Restarts', String(status.restartCount)],
    ['Failures', `${status.consecutiveFailures} in a row`],
    ['Process', status.pid === undefined ? undefined : `pid ${status.pid}`],
    ['Protocol', status.protocolVersion && `${status.protocolVersion} (${status.era ?? 'era unknown'})`],
    ['Tools', String(server.toolCount)],
  ];
  const shown = fields.filter(
    (field): field is [string, string] => field[1] !== undefined && field[1] !== '',
  );
  const width = Math.max(...shown.map(([label]) => label.length)) + 2;
  return [
    ...shown.map(([label, value]) => `${`${label}:`.padEnd(width)}${value}`),
    ...section(
      'Conditions',
      status.conditions.map(({ type, status, reason = '', message = '' }) => [
        type,
        status,
        reason,
        oneLine(message, MAX_TEXT_WIDTH),
      ]),
    ),
    ...section(
      'Tools',
      tools.map((tool) => [tool.exposedName, oneLine(tool.description ?? '', MAX_TEXT_WIDTH)]),
    ),
    ...section(
      'Events',
      events.map((event) => [
        relativeTime(event.time, nowMs),
        event.reason,
        oneLine(event.message, MAX_TEXT_WIDTH),
      ]),
    ),
    ...section(
      'Log',
      logs.map((line) => [line.time, line.stream, oneLine(line.text, MAX_TEXT_WIDTH)]),
    ),
  ];
}

function section(title: string, rows: string[][]): string[] {
  const [first, ...more] = rows;
  if (first === undefined) return [];
  return ['', `${title}:`, ...tableLines(first, more).map((line) => `  ${line}`)];
}
