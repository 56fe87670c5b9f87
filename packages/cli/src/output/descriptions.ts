// Toolsets, families, sources and tools in full, for people.

import type { ApiFamily, ApiServer, ApiSource, ApiTool, ApiToolset } from '@tutti/schemas';
import { stringify } from 'yaml';
import type { CliContext } from '../context.ts';
import { conditionLines, fieldLines, MAX_TEXT_WIDTH, section } from './description.ts';
import { oneLine, printable } from './printable.ts';
import { originText } from './resource-words.ts';
import { relativeTime } from './words.ts';

export function toolsetLines(set: ApiToolset, tools: readonly ApiTool[], context: CliContext): string[] {
  return [
    ...fieldLines([
      ['Name', set.name],
      ['Description', oneLine(set.description ?? '', Infinity)],
      ['URL', set.url],
      ['Declared in', set.origin && originText(set.origin, context)],
      ['Servers', set.servers.join(', ')],
      ['Tools', String(set.toolCount)],
      ['Prompts', String(set.promptCount)],
      ['Resources', String(set.resourceCount)],
    ]),
    ...conditionLines(set.conditions),
    ...section(
      'Tools',
      tools.map((tool) => [
        tool.exposedName,
        `${tool.server}/${tool.name}`,
        oneLine(tool.description ?? '', MAX_TEXT_WIDTH),
      ]),
    ),
  ];
}

export function familyLines(family: ApiFamily): string[] {
  return [
    ...fieldLines([
      ['Name', family.name],
      ['Argument', family.instanceArg],
      ['Fan-out', family.fanOut ? 'one call may go to all members with `*`' : 'no'],
      ['Servers', family.servers.join(', ')],
    ]),
    ...section(
      'Tools',
      family.tools.map(({ exposedName, members }) => [exposedName, members.join(', ')]),
    ),
    ...section(
      'Problems',
      family.problems.map(({ message }) => [oneLine(message, Infinity)]),
    ),
  ];
}

export function sourceDescription(
  source: ApiSource,
  servers: readonly ApiServer[],
  nowMs: number,
  context: CliContext,
): string[] {
  const time = (iso: string | undefined): string | undefined =>
    iso === undefined ? undefined : `${iso} (${relativeTime(iso, nowMs)})`;
  const { commit } = source;
  return [
    ...fieldLines([
      ['Name', source.name],
      ['Type', source.type],
      ['URL', source.url],
      ['Branch', source.branch],
      ['Path', source.path],
      ['Interval', `${source.intervalSeconds} s`],
      ['Declared in', source.origin && originText(source.origin, context)],
      ['State', source.state],
      ['Last error', oneLine(source.lastError ?? '', Infinity)],
      ['Commit', commit && `${commit.id} ${oneLine(commit.subject, MAX_TEXT_WIDTH)}`],
      ['Committed', time(commit?.time)],
      ['Last sync', time(source.lastSync)],
      ['Last attempt', time(source.lastAttempt)],
      ['Next attempt', time(source.nextAttempt)],
    ]),
    ...conditionLines(source.conditions),
    ...section(
      'Servers',
      servers.map(({ name, status, origin }) => [name, status.state, origin?.file ?? '']),
    ),
  ];
}

/** Definitions, as their servers give them. */
export function toolLines(tools: readonly ApiTool[]): string[] {
  return tools.flatMap((tool) => [
    ...fieldLines([
      ['Name', tool.exposedName],
      ['Title', oneLine(tool.title ?? '', Infinity)],
      ['Server', `${tool.server}, where it is called ${tool.name}`],
      ['Members', tool.members?.join(', ')],
    ]),
    '',
    ...(tool.description === undefined ? [] : [...printable(tool.description).trim().split('\n'), '']),
    'Arguments:',
    ...printable(stringify(tool.inputSchema))
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
  ]);
}
