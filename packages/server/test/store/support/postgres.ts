// A real PostgreSQL for tests: the one of TUTTI_TEST_POSTGRES, else one of our own made from the programs on the machine.
// Ours listens on a socket in its folder, and ends with the test whatever way that ends.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from '../../../../../test/support/eventually.ts';
import { parsePostgresUrl } from '../../../src/store/postgres/postgres-pool.ts';

export interface TestPostgres extends AsyncDisposable {
  /** The URL of an empty store: a schema of its own. */
  readonly freshUrl: () => string;
  /** Kills the server as a power cut would and starts it again; undefined for one that is not ours. */
  readonly crash: (() => Promise<void>) | undefined;
}

const REQUIRED = (process.env['TUTTI_TEST_REQUIRE'] ?? '').split(',').includes('postgres');

/** Undefined where there is none, with a line that says so; an error where TUTTI_TEST_REQUIRE wants one. */
export async function findPostgres(): Promise<TestPostgres | undefined> {
  const url = process.env['TUTTI_TEST_POSTGRES'];
  if (url !== undefined && url !== '') return createPostgres(url, undefined, async () => {});
  const programs = globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1);
  if (programs !== undefined && existsSync(join(programs, 'initdb'))) return await startPostgres(programs);
  const missing =
    'no PostgreSQL: set TUTTI_TEST_POSTGRES to the URL of one, or install it (apt-get install postgresql)';
  if (REQUIRED) throw new Error(`TUTTI_TEST_REQUIRE wants postgres, but there is ${missing}`);
  process.stderr.write(`SKIPPED tests on PostgreSQL: ${missing}\n`);
  return undefined;
}

interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root. */
function serverUser(): User {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function startPostgres(programs: string): Promise<TestPostgres> {
  const user = serverUser();
  const folder = mkdtempSync(join(tmpdir(), 'tutti-pg-'));
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  for (const path of [folder, data]) if (user.uid !== undefined) chownSync(path, user.uid, user.gid ?? 0);
  const run = { ...user, cwd: folder, env: { PATH: programs, LC_ALL: 'C.UTF-8' } };
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    { ...run, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const url = `postgres:///postgres?host=${encodeURIComponent(folder)}&user=postgres`;
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    // The shell ends the server when our end of its pipe is closed, and when we are gone.
    const script = '"$0" "$@" & pid=$!; read -r how; kill -s "${how:-INT}" $pid; wait $pid';
    const settings = ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'max_connections=200'];
    server = spawn('/bin/sh', ['-c', script, join(programs, 'postgres'), ...settings], {
      ...run,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await eventually(() => canConnect(url), { timeoutMs: 60_000, what: 'PostgreSQL is up' });
  }

  async function stop(how: 'INT' | 'QUIT'): Promise<void> {
    if (server === undefined) return;
    const gone = once(server, 'close');
    server.stdin?.end(`${how}\n`);
    await gone;
  }

  await start();
  return createPostgres(
    url,
    async () => {
      // Immediate shutdown: it drops everything without a word to the disk, and recovers at the next start.
      await stop('QUIT');
      await start();
    },
    async () => {
      await stop('INT');
      rmSync(folder, { recursive: true, force: true });
    },
  );
}

function createPostgres(
  url: string,
  crash: (() => Promise<void>) | undefined,
  end: () => Promise<void>,
): TestPostgres {
  const schemas: string[] = [];
  return {
    crash,
    freshUrl() {
      const schema = `test_${process.pid}_${Date.now().toString(36)}_${schemas.length}`;
      schemas.push(schema);
      const fresh = new URL(url);
      fresh.searchParams.set('schema', schema);
      return fresh.href;
    },
    async [Symbol.asyncDispose]() {
      const client = new Client({ connectionString: url });
      await client.connect();
      for (const schema of schemas) await client.query(`drop schema if exists ${schema} cascade`);
      await client.end();
      await end();
    },
  };
}

/** What a statement finds in the schema of a store's URL. */
export async function queryStore<Row extends object>(storeUrl: string, sql: string): Promise<readonly Row[]> {
  const { url, schema } = parsePostgresUrl(storeUrl);
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`set search_path to "${schema}"`);
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function canConnect(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
