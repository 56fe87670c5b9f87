// A real git repository to serve declarations from: commits are made in a clone and pushed, as people do.

import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Texts by path; null removes the file. */
export type Change = Readonly<Record<string, string | null>>;

export interface GitRepository extends AsyncDisposable {
  /** `file:///…` */
  readonly url: string;
  /** The folder of the bare repository. */
  readonly bare: string;
  /** The clone in which commits are made. */
  readonly clone: string;
  /** Commits and pushes; resolves with the hash. */
  push(message: string, change: Change): Promise<string>;
  /** The same on a branch without any history, over what is there. */
  forcePush(message: string, change: Change): Promise<string>;
  /** Undoes the last commit by another one. */
  revert(): Promise<string>;
  git(...args: string[]): Promise<string>;
  /** Takes it away, and puts it back. */
  hide(): Promise<void>;
  show(): Promise<void>;
}

export async function createGitRepository(files: Change = {}): Promise<GitRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-git-'));
  const bare = join(folder, 'team.git');
  const clone = join(folder, 'clone');
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], { cwd: clone }))
      .stdout;
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await run('git', ['clone', '--quiet', bare, clone]);

  async function commit(message: string, change: Change): Promise<void> {
    for (const [path, text] of Object.entries(change)) {
      const file = join(clone, path);
      await mkdir(dirname(file), { recursive: true });
      if (text === null) await rm(file);
      else await writeFile(file, text);
    }
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '-m', message);
  }

  async function pushed(...options: string[]): Promise<string> {
    await git('push', '--quiet', ...options, 'origin', 'HEAD:main');
    return (await git('rev-parse', 'HEAD')).trim();
  }

  const repository: GitRepository = {
    url: pathToFileURL(bare).href,
    bare,
    clone,
    git,
    async push(message, change) {
      await commit(message, change);
      return await pushed();
    },
    async forcePush(message, change) {
      await git('checkout', '--quiet', '--orphan', 'anew');
      await commit(message, change);
      await git('branch', '--quiet', '-M', 'anew', 'main');
      return await pushed('--force');
    },
    async revert() {
      await git('revert', '--no-edit', 'HEAD');
      return await pushed();
    },
    hide: () => rename(bare, `${bare}.hidden`),
    show: () => rename(`${bare}.hidden`, bare),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  await git('checkout', '--quiet', '-b', 'main');
  await repository.push('First servers', files);
  return repository;
}

export interface GitServer extends AsyncDisposable {
  readonly url: string;
  /** Names and passwords that may read; empty: everybody. */
  readonly users: Map<string, string>;
}

/** Serves the repository over HTTP as web servers do: by `git http-backend`, or file by file when it is `dumb`. */
export async function startGitServer(
  { bare }: Pick<GitRepository, 'bare'>,
  { dumb = false } = {},
): Promise<GitServer> {
  const users = new Map<string, string>();
  const server = createServer((request, response) => {
    const isAllowed = users.size === 0 || isKnown(users, request);
    if (isAllowed) return dumb ? sendFile(bare, request, response) : answer(bare, request, response);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/team.git`,
    users,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isKnown(users: ReadonlyMap<string, string>, { headers }: IncomingMessage): boolean {
  const encoded = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  const [name = '', password] = Buffer.from(encoded, 'base64').toString().split(':');
  return users.has(name) && users.get(name) === password;
}

function sendFile(bare: string, { url = '/' }: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(url, 'http://localhost');
  readFile(join(dirname(bare), pathname)).then(
    (bytes) => response.end(bytes),
    () => response.writeHead(404).end(),
  );
}

/** One CGI request. */
function answer(bare: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: dirname(bare),
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => {});
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    const headers = output.toString('latin1', 0, Math.max(0, end)).split('\r\n');
    let status = end === -1 ? 500 : 200;
    for (const header of headers) {
      const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(header) ?? [];
      if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
      else if (name !== '') response.setHeader(name, value);
    }
    response.writeHead(status).end(output.subarray(end + 4));
  });
}
