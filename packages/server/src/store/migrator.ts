// Brings the tables of all modules up to what this version knows, or refuses: forward only, all of it or nothing, and
// one process at a time however many start at once.

import type { ColumnType } from 'kysely';
import { AppError } from '../kernel/errors.ts';
import type { DialectName, Driver } from './driver.ts';
import { Kysely, sql } from './kysely.ts';
import { kyselyOver } from './kysely-queries.ts';
import { LONG_TRANSACTION_LIMIT_MS } from './limits.ts';
import type { ColumnTypes, Migration, MigrationTools, ModuleMigrations } from './migration.ts';
import { STORE_TABLES } from './store-tables.ts';
import type { Session, Transactions } from './transactions.ts';

export interface AppliedMigration {
  readonly module: string;
  readonly number: number;
  readonly name: string;
}

interface MigrationRow extends AppliedMigration {
  readonly applied_at_ms: ColumnType<number>;
}

export interface MigratorDeps {
  readonly driver: Driver;
  readonly transactions: Transactions;
  readonly modules: readonly ModuleMigrations[];
  /** When a migration was made, for people. */
  readonly wallMs: () => number;
}

const STORE = { what: 'the store', advice: 'use that version, or another state folder' };

/** Where the migrations that were made are kept. */
export const MIGRATIONS_TABLE = 'store_migrations';

/** Applies what is missing, up to `upTo` where it names a module, and returns all that are applied then. */
export async function migrate(
  { driver, transactions, modules, wallMs }: MigratorDeps,
  upTo?: readonly AppliedMigration[],
): Promise<readonly AppliedMigration[]> {
  const known = [STORE_TABLES, ...modules];
  checkNumbers(known);
  return await transactions.run(
    async (session) => {
      for (const statement of driver.migrationLock) await session.run(statement);
      const queries = new Kysely<{ store_migrations: MigrationRow }>(
        kyselyOver(driver.flavour, (statement) => session.run(statement), false),
      );
      const types = columnTypes(driver.flavour.name);
      await queries.schema
        .createTable(MIGRATIONS_TABLE)
        .ifNotExists()
        .addColumn('module', types.text, (column) => column.notNull())
        .addColumn('number', types.integer, (column) => column.notNull())
        .addColumn('name', types.text, (column) => column.notNull())
        .addColumn('applied_at_ms', types.integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('store_migrations_key', ['module', 'number'])
        .execute();
      const applied: AppliedMigration[] = await queries
        .selectFrom('store_migrations')
        .select(['module', 'number', 'name'])
        .orderBy('module')
        .orderBy('number')
        .execute();
      refuseUnknown(applied, modules, STORE);
      const tools = createTools(driver, session, types);
      for (const { module, migration } of missing(applied, known, upTo)) {
        await migration.up(tools);
        const { number, name } = migration;
        await queries
          .insertInto('store_migrations')
          .values({ module, number, name, applied_at_ms: wallMs() })
          .execute();
        applied.push({ module, number, name });
      }
      return applied;
    },
    { limitMs: LONG_TRANSACTION_LIMIT_MS },
  );
}

function createTools({ flavour }: Driver, session: Session, types: ColumnTypes): MigrationTools {
  const config = kyselyOver(flavour, (statement) => session.run(statement), false);
  return {
    dialect: flavour.name,
    schema: new Kysely<object>(config).schema,
    types,
    queries: <Tables>() => new Kysely<Tables>(config),
  };
}

function columnTypes(dialect: DialectName): ColumnTypes {
  return dialect === 'postgres'
    ? {
        text: sql<string>`text collate "C"`,
        integer: sql<number>`bigint`,
        real: sql<number>`double precision`,
      }
    : { text: sql<string>`text`, integer: sql<number>`integer`, real: sql<number>`real` };
}

interface Missing {
  readonly module: string;
  readonly migration: Migration;
}

/** Module after module, in the order in which they were handed over. */
function missing(
  applied: readonly AppliedMigration[],
  known: readonly ModuleMigrations[],
  upTo: readonly AppliedMigration[] | undefined,
): readonly Missing[] {
  const last = lastNumbers(applied);
  const goal = upTo === undefined ? undefined : lastNumbers(upTo);
  return known.flatMap(({ module, migrations }) =>
    migrations
      .filter(({ number }) => number > (last.get(module) ?? 0))
      .filter(({ number }) => goal === undefined || number <= (goal.get(module) ?? 0))
      .map((migration) => ({ module, migration })),
  );
}

function lastNumbers(applied: readonly AppliedMigration[]): ReadonlyMap<string, number> {
  return new Map(applied.map(({ module, number }) => [module, number]));
}

/** Tables of a later version would be misread by this one, or damaged. */
export function refuseUnknown(
  applied: readonly AppliedMigration[],
  modules: readonly ModuleMigrations[],
  { what, advice }: { readonly what: string; readonly advice: string },
): void {
  const known = [STORE_TABLES, ...modules];
  const names = new Map(
    known.flatMap(({ module, migrations }) =>
      migrations.map(({ number, name }) => [`${module} ${number}`, name] as const),
    ),
  );
  const unknown = applied.find(({ module, number, name }) => names.get(`${module} ${number}`) !== name);
  if (unknown === undefined) return;
  const { module, number, name } = unknown;
  const own = known.find((one) => one.module === module)?.migrations.length ?? 0;
  throw new AppError(
    'conflict',
    `${what} was written by another version of Tutti: it has migration ${number} (${name}) of ${module}, and this version knows ${own} of them; ${advice}`,
    { details: { module, number, own } },
  );
}

function checkNumbers(known: readonly ModuleMigrations[]): void {
  const modules = known.map(({ module }) => module);
  if (new Set(modules).size < modules.length) throw new Error('two modules of the store have one name');
  for (const { module, migrations } of known)
    for (const [index, { number }] of migrations.entries())
      if (number !== index + 1) throw new Error(`migration ${index + 1} of ${module} is missing`);
}
