// What `tutti doctor` looks at. Each check gives what it found and, when something is wrong, how to mend it.

import { execFile } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { problemLine, type ApiProblem, type ApiServer } from '@tutti/schemas';
import { objectAt, parseJson } from '../call/json.ts';
import { CLIENTS, ENTRY_NAME, type ClientPlaces } from '../clients/clients.ts';
import { isServing, serverNote } from '../output/server-words.ts';
import { count } from '../output/words.ts';

export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly found: string;
  readonly mend?: string;
}

const run = promisify(execFile);

export function checkNode(): Check {
  return { name: 'Node', status: 'ok', found: `${process.versions.node} at ${process.execPath}` };
}

export async function checkGit(): Promise<Check> {
  try {
    const { stdout } = await run('git', ['--version'], { timeout: 5_000 });
    return { name: 'git', status: 'ok', found: stdout.trim() };
  } catch {
    const mend = 'install git, if you want to take declarations from repositories';
    return { name: 'git', status: 'warning', found: 'not found', mend };
  }
}

export async function checkPort(port: number, runningUrl: string | undefined): Promise<Check> {
  const name = `port ${port}`;
  if (runningUrl !== undefined && new URL(runningUrl).port === String(port)) {
    return { name, status: 'ok', found: 'in use by Tutti' };
  }
  const server = createServer();
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve).listen(port, '127.0.0.1', () => resolve(undefined));
  });
  server.close();
  if (error === undefined) return { name, status: 'ok', found: 'free' };
  const mend = 'end what uses it, or start with another: tutti up --port 7500';
  return { name, status: 'warning', found: error.code === 'EADDRINUSE' ? 'in use' : error.message, mend };
}

/** The folder itself, or the nearest one above that is there: in it the folder can be made. */
export async function checkState(path: string): Promise<Check> {
  const name = 'state';
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      await access(folder, constants.W_OK);
      return { name, status: 'ok', found: path };
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (isMissing && dirname(folder) !== folder) continue;
      const mend = 'make it writable for you, or choose another with --state or TUTTI_STATE';
      return { name, status: 'failed', found: `${folder} can't be written to`, mend };
    }
  }
}

export function checkDeclarations(
  path: string | undefined,
  servers: number,
  problems: readonly ApiProblem[],
): Check {
  const name = 'declarations';
  if (path === undefined) {
    return { name, status: 'warning', found: 'none in this folder', mend: 'write some with: tutti init' };
  }
  const found = `${path}: ${count(servers, 'server')}`;
  if (problems.length === 0) return { name, status: 'ok', found };
  const isBad = problems.some(({ severity }) => severity === 'error');
  return { name, status: isBad ? 'failed' : 'warning', found, mend: problems.map(problemLine).join('\n') };
}

export function checkServers(url: string | undefined, servers: readonly ApiServer[], nowMs: number): Check {
  const name = 'servers';
  if (url === undefined)
    return { name, status: 'ok', found: 'Tutti is not running here; start it with: tutti up' };
  const wrong = servers.filter(({ status }) =>
    ['Failed', 'Blocked', 'Auth Required', 'Disconnected'].includes(status.state),
  );
  const serving = servers.filter(({ status }) => isServing(status.state)).length;
  const found = `${serving} of ${servers.length} ready at ${url}`;
  if (wrong.length === 0) return { name, status: 'ok', found };
  const mend = wrong.map(
    (server) => `${server.name} is ${server.status.state}: ${serverNote(server, nowMs)}`,
  );
  return {
    name,
    status: 'failed',
    found,
    mend: [...mend, 'more with: tutti describe server NAME'].join('\n'),
  };
}

export async function checkClients(places: ClientPlaces): Promise<Check> {
  const present: string[] = [];
  const lacking: string[] = [];
  for (const client of CLIENTS) {
    const text = await readFile(client.configPath(places), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const hasEntry =
      client.format === 'toml'
        ? new RegExp(`^\\s*\\[${client.serversKey}\\.${ENTRY_NAME}\\]`, 'm').test(text)
        : objectAt(objectAt(parseJson(text)?.value, client.serversKey), ENTRY_NAME) !== undefined;
    (hasEntry ? present : lacking).push(client.id);
  }
  const name = 'clients';
  if (present.length > 0) return { name, status: 'ok', found: `Tutti is in ${present.join(', ')}` };
  const found =
    lacking.length === 0 ? 'no client found that Tutti knows' : `Tutti is not in ${lacking.join(', ')}`;
  return { name, status: 'warning', found, mend: `add it with: tutti connect ${lacking[0] ?? 'CLIENT'}` };
}
