// `tutti get servers`, `tutti get toolsets` and so on: the lists with what they come to, once or as they change.

import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputFormat, type OutputOptions } from '../output/format.ts';
import {
  EVENTS,
  FAMILIES,
  RESOURCES,
  SERVERS,
  SOURCES,
  TOOLS,
  TOOLSETS,
  type Listing,
} from '../output/listings.ts';
import { MESSAGES, THREADS } from '../output/mail-listings.ts';
import { BUDGETS } from '../output/budget-listing.ts';
import { LEASES } from '../output/lease-words.ts';
import { ENTITIES, GOALS, PROJECTS } from '../output/shared-listings.ts';
import { tableLines } from '../output/table.ts';
import { AGENTS, TASKS } from '../output/work-listings.ts';

/** How often a list that is watched is asked for. */
const WATCH_MS = 1_000;

interface GetOptions extends OutputOptions, InstanceOptions {
  readonly watch?: true;
}

export function registerGet(program: Command, context: CliContext): void {
  const get = program.command('get').description('list resources');
  const register = <Item, Filters>(listing: Listing<Item, Filters>): void => {
    const command = get
      .command(listing.name)
      .alias(listing.alias)
      .description(listing.description)
      .option('-w, --watch', 'go on with what changes until interrupted');
    for (const filter of listing.filters?.() ?? []) command.addOption(filter);
    withOutput(withInstance(command)).action(async (options: GetOptions & Filters) => {
      const { client } = await connect(context, options);
      const list = (): Promise<Item[]> => listing.list(client, { ...options, signal: context.signal });
      if (options.watch === true) await watch(context, list, listing, options.output);
      else await show(context, list, listing, options.output);
    });
  };
  register(SERVERS);
  register(TOOLSETS);
  register(FAMILIES);
  register(TOOLS);
  register(RESOURCES);
  register(SOURCES);
  register(AGENTS);
  register(TASKS);
  register(THREADS);
  register(MESSAGES);
  register(BUDGETS);
  register(LEASES);
  register(PROJECTS);
  register(GOALS);
  register(ENTITIES);
  register(EVENTS);
}

async function show<Item, Filters>(
  context: CliContext,
  list: () => Promise<Item[]>,
  listing: Listing<Item, Filters>,
  output: OutputFormat,
): Promise<void> {
  const items = await list();
  print(context, output, { items }, () =>
    items.length === 0
      ? [listing.empty]
      : tableLines(
          listing.header,
          items.map((item) => listing.row(item, context)),
        ),
  );
}

/** First all of them, then what comes, changes or goes: rows, or an object per line that says which. */
async function watch<Item, Filters>(
  context: CliContext,
  list: () => Promise<Item[]>,
  listing: Listing<Item, Filters>,
  output: OutputFormat,
): Promise<void> {
  const { signal, stdout } = context;
  let known: ReadonlyMap<string, Item> | undefined;
  for (;;) {
    const items = await list();
    const now = new Map(items.map((item) => [listing.key(item), item]));
    const changes = changesBetween(known ?? new Map<string, Item>(), now);
    if (output === 'table') {
      const rows = changes.map(({ change, item }) =>
        change === 'removed'
          ? [...listing.row(item, context).slice(0, 1), 'is gone']
          : listing.row(item, context),
      );
      const lines = tableLines(listing.header, rows);
      const shown = known === undefined ? (rows.length === 0 ? [listing.empty] : lines) : lines.slice(1);
      for (const line of shown) stdout.write(`${line}\n`);
    } else for (const change of changes) stdout.write(`${JSON.stringify(change)}\n`);
    known = now;
    await pause(WATCH_MS, undefined, { signal });
  }
}

interface Change<Item> {
  readonly change: 'added' | 'changed' | 'removed';
  readonly item: Item;
}

function changesBetween<Item>(
  before: ReadonlyMap<string, Item>,
  after: ReadonlyMap<string, Item>,
): Change<Item>[] {
  const changes: Change<Item>[] = [];
  for (const [key, item] of after) {
    const known = before.get(key);
    if (known === undefined) changes.push({ change: 'added', item });
    else if (JSON.stringify(known) !== JSON.stringify(item)) changes.push({ change: 'changed', item });
  }
  for (const [key, item] of before) if (!after.has(key)) changes.push({ change: 'removed', item });
  return changes;
}
