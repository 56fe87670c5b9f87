// A PostgreSQL of the bench's own, with its defaults: every commit is on disk.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const START_TRIES = 100;
const CONNECTIONS = 200;

export interface BenchPostgres extends AsyncDisposable {
  readonly url: string;
}

/** Undefined where PostgreSQL is not installed. */
export async function startPostgres(): Promise<BenchPostgres | undefined> {
  const programs = globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1);
  if (programs === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'tutti-bench-pg-'));
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const user = isRoot ? { uid: id('-u'), gid: id('-g') } : {};
  if (isRoot) for (const path of [folder, data]) chownSync(path, id('-u'), id('-g'));
  const run = { ...user, cwd: folder, env: { PATH: programs, LC_ALL: 'C.UTF-8' } };
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'], {
    ...run,
    stdio: 'ignore',
  });
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', `max_connections=${CONNECTIONS}`],
    { ...run, stdio: 'ignore' },
  );
  const url = `postgres:///postgres?host=${encodeURIComponent(folder)}&user=postgres`;
  await answers(url);
  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (attempt === START_TRIES) throw error;
      await sleep(100);
    }
  }
}
