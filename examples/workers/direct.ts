// The same result, computed at once and without any of Tutti: what the agents come to has to be equal.

import { readFileSync } from 'node:fs';

export interface Total {
  readonly region: string;
  readonly orders: number;
  readonly cents: number;
  readonly largest: number;
}

export function computeDirectly(path: string): readonly Total[] {
  const seen = new Set<string>();
  const totals = new Map<string, Total>();
  for (const line of readFileSync(path, 'utf8').trim().split('\n').slice(1)) {
    const [id = '', shown = '', text = ''] = line.split(',');
    const region = shown.trim().toLowerCase();
    if (region === '' || !/^\d+$/.test(text) || seen.has(id)) continue;
    seen.add(id);
    const cents = Number(text);
    const { orders, cents: sum, largest } = totals.get(region) ?? { orders: 0, cents: 0, largest: 0 };
    totals.set(region, { region, orders: orders + 1, cents: sum + cents, largest: Math.max(largest, cents) });
  }
  return [...totals.values()].sort((a, b) => (a.region < b.region ? -1 : 1));
}
