// `tutti describe KIND NAME`: everything that is known of one server, toolset, family, source, agent, task, budget, lease,
// thread or tool; what agents share has a file of its own.

import {
  BUDGET_SCOPES,
  MAX_CONCURRENT_TASKS,
  type ApiEvent,
  type ApiLogLine,
  type ApiServer,
  type ApiTool,
  type BudgetScopeKind,
} from '@tutti/schemas';
import { Argument, type Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { explainMissingServer, missing } from '../missing-server.ts';
import { leaseLines } from '../output/lease-words.ts';
import { budgetLines } from '../output/budget-listing.ts';
import { conditionLines, fieldLines, MAX_TEXT_WIDTH, section } from '../output/description.ts';
import { familyLines, sourceDescription, toolLines, toolsetLines } from '../output/descriptions.ts';
import { explanationLines } from '../output/explanation-words.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { originText } from '../output/resource-words.ts';
import { styledState } from '../output/server-words.ts';
import { oneLine } from '../output/printable.ts';
import { threadLines } from '../output/mail-words.ts';
import { agentLines, taskLines } from '../output/work-words.ts';
import { relativeTime } from '../output/words.ts';
import { registerDescribeShared } from './describe-shared.ts';

const SHOWN_EVENTS = 10;
const SHOWN_LOG_LINES = 10;
const SHOWN_MESSAGES = 20;

interface Described {
  readonly server: ApiServer;
  readonly tools: readonly ApiTool[];
  readonly events: readonly ApiEvent[];
  readonly logs: readonly ApiLogLine[];
}

export function registerDescribe(program: Command, context: CliContext): void {
  const { signal } = context;
  const describe = program.command('describe').description('show one resource in full');
  const server = describe.command('server').argument('<name>').description('state, reasons, tools, log');
  withOutput(withInstance(server)).action(async (name: string, options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
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

  const toolset = describe.command('toolset').argument('<name>').description('what it shows, and where');
  withOutput(withInstance(toolset)).action(async (name: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const found = pick('toolset', name, await client.toolsets({ signal }));
    const tools = options.output === 'table' ? await client.tools({ set: name, signal }) : [];
    print(context, options.output, found, () => toolsetLines(found, tools, context));
  });

  const family = describe
    .command('family')
    .argument('<name>')
    .description('members, tools, what divides them');
  withOutput(withInstance(family)).action(async (name: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const found = pick('family', name, await client.families({ signal }));
    print(context, options.output, found, () => familyLines(found));
  });

  const source = describe.command('source').argument('<name>').description('state, commit, servers');
  withOutput(withInstance(source)).action(async (name: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const found = pick('source', name, await client.sources({ signal }));
    const servers = options.output === 'table' ? await client.servers({ signal }) : [];
    const own = servers.filter(({ origin }) => origin?.name === name);
    print(context, options.output, found, () => sourceDescription(found, own, Date.now(), context));
  });

  const agent = describe
    .command('agent')
    .argument('<id>')
    .description('what it can do, how it is, its tasks');
  withOutput(withInstance(agent)).action(async (id: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const found = await client.agents.get(id, { signal });
    if (options.output !== 'table') return print(context, options.output, found, () => []);
    const open = { agent: id, statuses: ['assigned', 'in_progress', 'waiting'], signal } as const;
    const [tasks, events] = await Promise.all([
      client.tasks.list({ ...open, limit: MAX_CONCURRENT_TASKS }),
      client.events({ kind: 'Agent', name: id, signal }),
    ]);
    const described = { agent: found, tasks, events: events.slice(-SHOWN_EVENTS) };
    print(context, 'table', found, () => agentLines(described, Date.now()));
  });

  const task = describe
    .command('task')
    .argument('<id>')
    .description('how it stands, and all that happened to it');
  withOutput(withInstance(task)).action(async (id: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const [found, history] = await Promise.all([
      client.tasks.get(id, { signal }),
      client.tasks.history(id, { signal }),
    ]);
    print(context, options.output, { ...found, history }, () => taskLines(found, history, Date.now()));
  });

  const lease = describe.command('lease').argument('<id>').description('who has which files, and who waits');
  withOutput(withInstance(lease)).action(async (id: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const found = await client.leases.get(id, { signal });
    print(context, options.output, found, () => leaseLines(found, Date.now()));
  });

  const budget = describe
    .command('budget')
    .addArgument(new Argument('<kind>').choices(BUDGET_SCOPES))
    .argument('<id>')
    .description('what the work of a project, a run, an agent or a tree of tasks may use');
  withOutput(withInstance(budget)).action(
    async (kind: BudgetScopeKind, id: string, options: DescribeOptions) => {
      const { client } = await connect(context, options);
      const items = await client.budgets.get({ kind, id }, { signal });
      if (items.length === 0) {
        const known = (await client.budgets.list({ signal })).filter(({ scope }) => scope.kind === kind);
        const ids = [...new Set(known.map(({ scope }) => scope.id))];
        throw missing(`budget of the kind ${kind}`, id, ids);
      }
      print(context, options.output, { items }, () => budgetLines(items));
    },
  );
  registerDescribeShared(describe, context);

  const thread = describe
    .command('thread')
    .argument('<id>')
    .description('who is in it, how it stands, its newest messages');
  withOutput(withInstance(thread)).action(async (id: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const [found, messages] = await Promise.all([
      client.threads.get(id, { signal }),
      client.threads.newest(id, SHOWN_MESSAGES, { signal }),
    ]);
    print(context, options.output, { ...found, newest: messages }, () =>
      threadLines(found, messages, Date.now()),
    );
  });

  const tool = describe.command('tool').argument('<name>').description('definition, and how it is served');
  withOutput(withInstance(tool)).action(async (name: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const tools = await client.tools({ name, signal });
    const explained = await client.explain(name, { signal });
    // What is hidden has no definition to be seen, and a reason.
    if (tools.length === 0 && explained.items.length === 0)
      throw missing('tool', name, explained.nearest, 'See all: tutti tools');
    print(context, options.output, { items: tools }, () => [
      ...toolLines(tools),
      ...explanationLines(explained, context.stdout),
    ]);
  });
}

type DescribeOptions = OutputOptions & InstanceOptions;

function pick<Item extends { readonly name: string }>(
  kind: string,
  name: string,
  items: readonly Item[],
): Item {
  const found = items.find((item) => item.name === name);
  if (found !== undefined) return found;
  throw missing(
    kind,
    name,
    items.map((item) => item.name),
  );
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
    ['Tools', server.toolCount === undefined ? 'not known yet' : String(server.toolCount)],
  ];
  return [
    ...fieldLines(fields),
    ...conditionLines(status.conditions),
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
