// An explanation for people.

import { styleText } from 'node:util';
import type { ApiExplainedTool, ApiExplanation, ApiReason } from '@tutti/schemas';
import { oneLine } from './printable.ts';
import { count } from './words.ts';

const VERDICTS = {
  callable: ['green', 'can be called'],
  hidden: ['yellow', 'is not shown'],
  failing: ['red', 'is shown, but calls fail now'],
} as const;

export function explanationLines(
  { items, view, as }: ApiExplanation,
  stream: NodeJS.WritableStream,
): string[] {
  return items.flatMap((item, index) => [...(index === 0 ? [] : ['']), ...itemLines(item, view, as, stream)]);
}

function itemLines(
  item: ApiExplainedTool,
  view: string,
  as: string,
  stream: NodeJS.WritableStream,
): string[] {
  const [color, verdict] = VERDICTS[item.verdict];
  const { calls, credential, rule, state } = item;
  return [
    `${item.name ?? item.tool} ${styleText(color, verdict, { stream })} at ${view} for ${as}`,
    `  Server:      ${item.server}, where it is called ${item.tool}; ${state}`,
    ...item.reasons.flatMap((reason) => reasonLines('Because:     ', reason)),
    ...item.notes.flatMap((reason) => reasonLines('Note:        ', reason)),
    ...(rule === undefined ? [] : [`  Allowed by:  ${rule}`]),
    `  Credential:  ${credential.kind === 'none' ? 'none' : `${credential.names.join(', ')} (${credential.kind})`}`,
    `  Calls:       ${calls === undefined ? 'none since Tutti started' : callsText(calls)}`,
  ];
}

function reasonLines(label: string, { message, next }: ApiReason): string[] {
  const lines = [`  ${label}${oneLine(message, Infinity)}`];
  return next === undefined ? lines : [...lines, `  ${' '.repeat(label.length)}→ ${oneLine(next, Infinity)}`];
}

function callsText({ count: calls, failed, p50Ms, p95Ms }: NonNullable<ApiExplainedTool['calls']>): string {
  const failures = failed === 0 ? '' : `, ${failed} without success`;
  return `${count(calls, 'call')}${failures}; half of them within ${ms(p50Ms)}, 95 % within ${ms(p95Ms)}`;
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}
