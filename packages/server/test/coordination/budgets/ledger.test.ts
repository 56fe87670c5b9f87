import type { BudgetScope } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { availableOf, type BudgetRow } from '../../../src/coordination/budgets/budget.ts';
import {
  loadBudgets,
  readBudgets,
  releaseFor,
  reserveFor,
  saveBudgets,
  setLimits,
  settleFor,
} from '../../../src/coordination/budgets/ledger.ts';
import { BUDGET_MIGRATIONS } from '../../../src/coordination/budgets/migrations.ts';
import type { BudgetTables } from '../../../src/coordination/budgets/queries.ts';
import type { Database } from '../../../src/store/database.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';

closeStoresAfterTests();

const project: BudgetScope = { kind: 'project', id: 'p' };
const agent: BudgetScope = { kind: 'agent', id: 'a' };
const run: BudgetScope = { kind: 'run', id: 'r' };

describe.each(stores)('budgets on $name', ({ freshUrl }) => {
  const open = async (): Promise<Database<BudgetTables>> =>
    (await openTest(freshUrl(), { migrations: [BUDGET_MIGRATIONS] })).over<BudgetTables>();
  const shown = (rows: readonly BudgetRow[]) =>
    rows.map(({ scope, unit, reserved, spent, overrun }) => ({
      [`${scope.kind} ${unit}`]: [reserved, spent, overrun],
    }));

  test('are reserved, settled and released, each once', async () => {
    verifies('TSK-12', 'OPS-02');
    const database = await open();
    await database.transaction(async (tx) => {
      await setLimits(tx, project, { tokens: 100, tasks: 2 });
      await setLimits(tx, agent, { tokens: 60 });
    });
    const ask = (holder: string, tokens: number) =>
      database.transaction((tx) =>
        reserveFor(tx, { holder, scopes: [project, agent, run], amounts: { tokens, tasks: 1 } }),
      );
    expect((await ask('one', 50)).kind).toBe('reserved');
    expect((await ask('one', 50)).kind).toBe('reserved');
    expect(shown(await readBudgets(database.read, project))).toEqual([
      { 'project tasks': [1, 0, 0] },
      { 'project tokens': [50, 0, 0] },
    ]);
    expect(await ask('two', 20)).toEqual({
      kind: 'refused',
      shortages: [{ scope: agent, unit: 'tokens', asked: 20, available: 10, limit: 60 }],
    });
    expect((await ask('three', 10)).kind).toBe('reserved');
    await database.transaction((tx) => settleFor(tx, 'one', { tokens: 30 }));
    await database.transaction((tx) => settleFor(tx, 'one', { tokens: 30 }));
    await database.transaction((tx) => releaseFor(tx, 'three'));
    await database.transaction((tx) => releaseFor(tx, 'nobody'));
    expect(
      shown([
        ...(await readBudgets(database.read, project)),
        ...(await readBudgets(database.read, agent)),
        ...(await readBudgets(database.read, run)),
      ]),
    ).toEqual([
      { 'project tasks': [0, 1, 0] },
      { 'project tokens': [0, 30, 0] },
      { 'agent tokens': [0, 30, 0] },
    ]);
  });

  test('of a transaction that fails are as they were', async () => {
    verifies('TSK-12');
    const database = await open();
    await database.transaction((tx) => setLimits(tx, project, { tokens: 10 }));
    const failing = database.transaction(async (tx) => {
      await reserveFor(tx, { holder: 'one', scopes: [project], amounts: { tokens: 10 } });
      throw new Error('the claim did not go through');
    });
    await expect(failing).rejects.toThrow('the claim did not go through');
    expect(shown(await readBudgets(database.read, project))).toEqual([{ 'project tokens': [0, 0, 0] }]);
  });

  test('may be lowered below what is used, and taken away under work', async () => {
    verifies('TSK-12');
    const database = await open();
    const reserveOne = (holder: string) =>
      database.transaction((tx) => reserveFor(tx, { holder, scopes: [project], amounts: { tokens: 10 } }));
    await database.transaction((tx) => setLimits(tx, project, { tokens: 30 }));
    expect([(await reserveOne('a')).kind, (await reserveOne('b')).kind]).toEqual(['reserved', 'reserved']);
    await database.transaction((tx) => setLimits(tx, project, { tokens: 5 }));
    expect((await reserveOne('c')).kind).toBe('refused');
    await database.transaction((tx) => setLimits(tx, project, { tokens: null }));
    await database.transaction((tx) => setLimits(tx, project, { tokens: 10 }));
    expect((await reserveOne('c')).kind).toBe('reserved');
    await database.transaction((tx) => settleFor(tx, 'a', {}));
    expect(shown(await readBudgets(database.read, project))).toEqual([{ 'project tokens': [10, 0, 0] }]);
  });

  test('may be changed by other arithmetic under their lock', async () => {
    verifies('TSK-12');
    const database = await open();
    await database.transaction((tx) => setLimits(tx, project, { tokens: 30 }));
    await database.transaction(async (tx) => {
      const rows = await loadBudgets(tx, [project, run]);
      await saveBudgets(
        tx,
        rows.map((row) => ({ ...row, spent: 7 })),
      );
    });
    expect(shown(await readBudgets(database.read, project))).toEqual([{ 'project tokens': [0, 7, 0] }]);
  });

  test('are never exceeded by eight writers at once', async () => {
    verifies('TSK-12', 'OPS-03');
    const database = await open();
    await database.transaction(async (tx) => {
      await setLimits(tx, project, { tokens: 100 });
      await setLimits(tx, agent, { tokens: 70, tasks: 20 });
    });
    const seen: number[] = [];
    const look = async (): Promise<void> => {
      for (const scope of [project, agent])
        for (const { unit, reserved, spent } of await readBudgets(database.read, scope))
          if (unit === 'tokens') seen.push(reserved + spent - (scope === project ? 100 : 70));
    };
    const writer = async (name: number): Promise<number> => {
      let taken = 0;
      for (let turn = 0; turn < 8; turn++) {
        const holder = `${name}-${turn}`;
        // Each in an order of its own: the lock has one.
        const scopes = name % 2 === 0 ? [project, agent] : [agent, project];
        const answer = await database.transaction((tx) =>
          reserveFor(tx, { holder, scopes, amounts: { tokens: 7, tasks: 1 } }),
        );
        await look();
        if (answer.kind === 'refused') continue;
        if (turn % 3 === 0) await database.transaction((tx) => releaseFor(tx, holder));
        else {
          await database.transaction((tx) => settleFor(tx, holder, { tokens: 5 }));
          taken += 5;
        }
      }
      return taken;
    };
    const taken = await Promise.all(Array.from({ length: 8 }, (_, name) => writer(name)));
    const spent = taken.reduce((sum, one) => sum + one, 0);
    expect(seen.length).toBeGreaterThan(0);
    expect(Math.max(...seen)).toBeLessThanOrEqual(0);
    const [tokens] = (await readBudgets(database.read, project)).filter(({ unit }) => unit === 'tokens');
    expect(tokens).toMatchObject({ reserved: 0, spent, overrun: 0 });
    const [, ofAgent] = await readBudgets(database.read, agent);
    expect(ofAgent === undefined ? -1 : availableOf(ofAgent)).toBe(70 - spent);
  });
});
