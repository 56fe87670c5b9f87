// compare_models: who is to be preferred, by what they declare and what was measured of them. Pure.

import type { ModelComparison, ModelFigures } from '@tutti/schemas';

export interface DeclaredModel {
  readonly id: string;
  readonly capabilities: readonly string[];
}

/** 95 % on one side. */
const Z = 1.645;

/** The best first: who can do it, then who is proven, then who is fast, then who is cheap, then by name. */
export function compareModels(
  modelIds: readonly string[],
  asked: readonly string[],
  declared: readonly DeclaredModel[],
  figures: readonly ModelFigures[],
): readonly ModelComparison[] {
  const rows = [...new Set(modelIds)].map((id): ModelComparison => {
    const capabilities = declared.find((one) => one.id === id)?.capabilities ?? [];
    const missing = asked.filter((one) => !capabilities.includes(one));
    // Classes of tasks are capabilities; without any asked for all count.
    const own = figures.filter(
      ({ model_id, task_class }) => model_id === id && (asked.length === 0 || asked.includes(task_class)),
    );
    const sum = (field: 'succeeded' | 'failed' | 'duration_ms' | 'cost_micros'): number =>
      own.reduce((total, one) => total + one[field], 0);
    const [succeeded, measured] = [sum('succeeded'), sum('succeeded') + sum('failed')];
    return {
      model_id: id,
      capable: missing.length === 0,
      missing_capabilities: missing,
      measured,
      proven_rate: provenRate(succeeded, measured),
      ...(measured === 0
        ? {}
        : {
            success_rate: succeeded / measured,
            mean_duration_ms: sum('duration_ms') / measured,
            mean_cost_micros: sum('cost_micros') / measured,
          }),
    };
  });
  return rows.toSorted(
    (a, b) =>
      Number(b.capable) - Number(a.capable) ||
      b.proven_rate - a.proven_rate ||
      (a.mean_duration_ms ?? 0) - (b.mean_duration_ms ?? 0) ||
      (a.mean_cost_micros ?? 0) - (b.mean_cost_micros ?? 0) ||
      (a.model_id < b.model_id ? -1 : 1),
  );
}

/** The lower end of Wilson's interval: 1 of 1 proves less than 90 of 100. */
export function provenRate(succeeded: number, measured: number): number {
  if (measured === 0) return 0;
  const rate = succeeded / measured;
  const spread = Z * Math.sqrt((rate * (1 - rate) + Z ** 2 / (4 * measured)) / measured);
  return Math.max(0, (rate + Z ** 2 / (2 * measured) - spread) / (1 + Z ** 2 / measured));
}
