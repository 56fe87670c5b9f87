// What agents have shown, as callers see it: classes of tasks that ask for the same are one, whichever agent they were
// meant for. Pure.

import { MAX_CLASSES_PER_AGENT, type ApiFigures } from '@tutti/schemas';
import type { FitnessRow } from '../agents/agent-row.ts';
import type { TaskClass } from '../scheduling/requirements.ts';

/** Of one agent, what ended last first. A class that nobody knows any more is left out. */
export function measuredOf(
  rows: readonly FitnessRow[],
  classOf: (id: string) => TaskClass | undefined,
): ApiFigures[] {
  const byWants = new Map<string, { wanted: TaskClass; rows: FitnessRow[] }>();
  for (const row of rows) {
    const wanted = classOf(row.class_id);
    if (wanted === undefined) continue;
    const key = JSON.stringify([wanted.domain, wanted.capabilities, wanted.tags]);
    const known = byWants.get(key);
    if (known === undefined) byWants.set(key, { wanted, rows: [row] });
    else known.rows.push(row);
  }
  return [...byWants.values()]
    .map(({ wanted, rows: same }) => figuresOf(wanted, same))
    .toSorted((a, b) => b.last_ended_at.localeCompare(a.last_ended_at))
    .slice(0, MAX_CLASSES_PER_AGENT);
}

function figuresOf({ domain, capabilities, tags }: TaskClass, rows: readonly FitnessRow[]): ApiFigures {
  const sum = (name: 'completed' | 'failed' | 'total_ms' | 'metered' | 'tokens' | 'cost_micros'): number =>
    rows.reduce((total, row) => total + row[name], 0);
  const [completed, failed] = [sum('completed'), sum('failed')];
  const ended = Math.max(1, completed + failed);
  return {
    domain,
    capabilities: [...capabilities],
    tags: [...tags],
    completed,
    failed,
    success_rate: Math.round((completed / ended) * 1_000) / 1_000,
    mean_duration_ms: Math.round(sum('total_ms') / ended),
    metered: sum('metered'),
    tokens: sum('tokens'),
    money_micros: sum('cost_micros'),
    last_ended_at: new Date(Math.max(...rows.map((row) => row.seen_ms))).toISOString(),
  };
}
