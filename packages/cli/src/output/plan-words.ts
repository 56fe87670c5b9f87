// A plan for people: what would start, stop and restart and why, then what each view would show.

import { styleText } from 'node:util';
import {
  problemLine,
  type ApiFieldChange,
  type ApiPlan,
  type ApiPlannedServer,
  type ApiPlannedView,
} from '@tutti/schemas';
import { oneLine } from './printable.ts';

/** Tools of one list of a view that are named; programs get more of them. */
const MAX_NAMED_TOOLS = 20;
const MAX_NAMED_PRINCIPALS = 5;

const SIGNS: Readonly<
  Record<ApiPlannedServer['action'], readonly [sign: string, color: 'green' | 'yellow' | 'red']>
> = {
  start: ['+', 'green'],
  add: ['+', 'green'],
  restart: ['~', 'yellow'],
  update: ['~', 'yellow'],
  stop: ['-', 'red'],
  remove: ['-', 'red'],
};

export function planLines(plan: ApiPlan, stream: NodeJS.WritableStream): string[] {
  const line = (sign: string, color: 'green' | 'yellow' | 'red', text: string): string =>
    styleText(color, `${sign} ${oneLine(text, Infinity)}`, { stream });
  const servers = plan.servers.map(({ name, action, reason, fields, toolsKnown }) => {
    const [sign, color] = SIGNS[action];
    const values = valuesOf(fields);
    const unknown = toolsKnown || action === 'update' ? '' : '; its tools are unknown until it has started';
    return line(sign, color, `${action} ${name}: ${reason}${values}${unknown}`);
  });
  return [
    ...section('Servers', servers),
    ...section(
      'Families',
      plan.families.map(({ name, joined, left }) =>
        line(
          '~',
          'yellow',
          `${name}: ${[...joined.map((server) => `${server} joins`), ...left.map((server) => `${server} leaves`)].join(', ')}`,
        ),
      ),
    ),
    ...plan.views.flatMap((view) => viewLines(view, line)),
    ...section(
      'Not looked at',
      (plan.unplannedPrincipals ?? []).length === 0
        ? []
        : [
            `what ${named(plan.unplannedPrincipals ?? [])} would see: too many see something else than others`,
          ],
    ),
    ...section(
      'Sources',
      plan.sources.map(({ name, change, message }) => line('~', 'yellow', `${name} ${change}: ${message}`)),
    ),
    ...section(
      'Settings',
      plan.settings.map(({ field, before, after, takesEffect }) =>
        line('~', 'yellow', `${field}${arrow(before, after)} (${takesEffect})`),
      ),
    ),
    ...section(
      'Not as declared',
      plan.drift.map(({ kind, name, message }) => line('!', 'yellow', `${kind} ${name} ${message}`)),
    ),
    ...section('Problems', plan.problems.map(problemLine)),
    summary(plan),
  ];
}

type Line = (sign: string, color: 'green' | 'yellow' | 'red', text: string) => string;

function viewLines(view: ApiPlannedView, line: Line): string[] {
  const { principals, change, added, removed, changed, moved, counts, unknown } = view;
  const path = principals === undefined ? view.path : `${view.path} for ${named(principals)}`;
  if (change === 'none' && unknown.length === 0) return [];
  const list = <Tool extends { readonly name: string }>(
    tools: readonly Tool[],
    total: number,
    text: (tool: Tool) => string,
  ): string[] => {
    const lines = tools.slice(0, MAX_NAMED_TOOLS).map(text);
    const more = total - lines.length;
    return more > 0 ? [...lines, `  and ${more} more`] : lines;
  };
  const title = change === 'none' || change === 'changed' ? path : `${path} (${change})`;
  return section(title, [
    ...list(added, counts.added, ({ name }) => line('+', 'green', name)),
    ...list(removed, counts.removed, ({ name }) => line('-', 'red', name)),
    ...list(moved, counts.moved, ({ name, before }) => line('~', 'yellow', `${before} becomes ${name}`)),
    ...list(changed, counts.changed, ({ name }) => line('~', 'yellow', `${name} is described otherwise`)),
    ...(unknown.length === 0 ? [] : [`? what ${unknown.join(', ')} will show`]),
  ]);
}

function named(principals: readonly string[]): string {
  const more = principals.length - MAX_NAMED_PRINCIPALS;
  const shown = principals.slice(0, MAX_NAMED_PRINCIPALS).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function valuesOf(fields: readonly ApiFieldChange[]): string {
  const shown = fields.filter(({ before, after }) => before !== undefined || after !== undefined);
  if (shown.length === 0) return '';
  return ` (${shown.map(({ field, before, after }) => `${field}${arrow(before, after)}`).join(', ')})`;
}

function arrow(before: string | undefined, after: string | undefined): string {
  if (before === undefined && after === undefined) return '';
  return `: ${before ?? 'nothing'} → ${after ?? 'nothing'}`;
}

function summary({ servers, keptServers, changes, drift }: ApiPlan): string {
  if (!changes && drift.length === 0) return 'Nothing would change.';
  const of = (...actions: readonly string[]): number =>
    servers.filter(({ action }) => actions.includes(action)).length;
  return [
    `${of('start')} to start`,
    `${of('stop')} to stop`,
    `${of('restart')} to restart`,
    `${of('update', 'add', 'remove')} to change otherwise`,
    `${keptServers.length} left alone`,
  ].join(', ');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), ''];
}
