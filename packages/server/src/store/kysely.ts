// What is used of Kysely at run time, in one place: as three hundred modules it takes 17 MB, so that what is published
// has it here as one file of 3 MB (scripts/build.ts). Types come from the package itself.

export {
  Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
  sql,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely';
