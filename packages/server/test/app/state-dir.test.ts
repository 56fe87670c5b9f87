import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { readEnvironment } from '../../src/app/environment.ts';
import {
  readInstance,
  readRunningInstance,
  writeInstance,
  type Instance,
} from '../../src/app/instance-file.ts';
import {
  ensureStateDir,
  listRunningInstances,
  resolveGitStateDir,
  resolveStateDir,
} from '../../src/app/state-dir.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'tutti-state-'));
const never = new AbortController().signal;

describe('the environment', () => {
  it('is read once, and what is empty counts as not set', () => {
    expect(readEnvironment({ TUTTI_STATE: '', TUTTI_CONFIG: 'x.yaml', HOME: '/home/a', OTHER: '1' })).toEqual(
      {
        configPath: 'x.yaml',
        statePath: undefined,
        logLevel: undefined,
        isInCluster: false,
        stateHome: '/home/a/.local/state',
        variables: { TUTTI_STATE: '', TUTTI_CONFIG: 'x.yaml', HOME: '/home/a', OTHER: '1' },
      },
    );
  });

  it('has a wrong level refused with the right ones', () => {
    expect(() => readEnvironment({ TUTTI_LOG: 'loud' })).toThrow(
      'TUTTI_LOG must be one of debug, info, warn, error, silent',
    );
  });

  it.each([
    ['/var/state', '/var/state'],
    ['relative', '/home/a/.local/state'],
  ])('takes XDG_STATE_HOME=%s as %s', (value, stateHome) => {
    expect(readEnvironment({ XDG_STATE_HOME: value, HOME: '/home/a' }).stateHome).toBe(stateHome);
  });
});

describe('the state folder', () => {
  const environment = { statePath: undefined, stateHome: '/state' };

  it('is one for each repository, branch and path, whoever reads it', () => {
    verifies('SRC-02', 'OPS-03');
    const url = 'https://example.com/a.git';
    const of = (git: object): string => resolveGitStateDir(undefined, environment, { url, path: '', ...git });
    expect(of({})).toMatch(/^\/state\/tutti\/[0-9a-f]{16}$/);
    expect(of({ url: 'https://me:token@example.com/a.git' })).toBe(of({}));
    expect(new Set([of({}), of({ branch: 'b' }), of({ path: 'b' }), of({ url: `${url}/` })]).size).toBe(4);
    expect(resolveGitStateDir('/a', { ...environment, statePath: '/b' }, { url, path: '' })).toBe('/a');
    expect(resolveGitStateDir(undefined, { ...environment, statePath: '/b' }, { url, path: '' })).toBe('/b');
  });

  it('is the one of the flag, else of the environment, else of the configuration', () => {
    expect(resolveStateDir('/a', { ...environment, statePath: '/b' }, '/c.yaml')).toBe('/a');
    expect(resolveStateDir(undefined, { ...environment, statePath: '/b' }, '/c.yaml')).toBe('/b');
    expect(resolveStateDir(undefined, environment, '/c.yaml')).toMatch(/^\/state\/tutti\/[0-9a-f]{16}$/);
  });

  it('is the same for one configuration, however its path is written, and another for another', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    const real = resolveStateDir(undefined, environment, join(folder, 'real'));
    expect(resolveStateDir(undefined, environment, join(folder, 'link'))).toBe(real);
    expect(resolveStateDir(undefined, environment, folder)).not.toBe(real);
  });

  it('is the same for a folder and for what is read in it by default', () => {
    const folder = newFolder();
    for (const name of ['tutti.yaml', '.mcp.json', 'other.yaml']) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'tutti'));
    const [whole, ...parts] = ['.', 'tutti.yaml', 'tutti', '.mcp.json'].map((name) =>
      resolveStateDir(undefined, environment, join(folder, name)),
    );
    expect(parts).toEqual([whole, whole, whole]);
    expect(resolveStateDir(undefined, environment, join(folder, 'other.yaml'))).not.toBe(whole);
  });

  it('is made for this user alone', async () => {
    const path = join(newFolder(), 'a', 'b');
    await ensureStateDir(path);
    await ensureStateDir(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('is refused when others can write to it', async () => {
    const path = newFolder();
    chmodSync(path, 0o777);
    await expect(ensureStateDir(path)).rejects.toMatchObject({ code: 'refused', message: /chmod go-w/ });
  });

  it('says what to do when it cannot be made', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await expect(ensureStateDir(join(file, 'below'))).rejects.toMatchObject({
      code: 'unavailable',
      message: /choose another with --state/,
    });
  });
});

describe('the instance file', () => {
  let server: Server;
  let instance: Instance;
  beforeEach(async () => {
    server = createServer((request, response) => {
      response.statusCode = request.url === '/healthz' ? 200 : 404;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    instance = {
      pid: process.pid,
      url: `http://127.0.0.1:${port}/`,
      token: 'secret-token',
      configPath: '/a/tutti.yaml',
      startedAt: '2026-01-31T12:00:00.000Z',
      version: '0.1.0',
    };
  });
  afterEach(() => void server.close());

  it('is for this user alone, whole, and removed by its owner', async () => {
    verifies('OPS-03');
    const stateDir = newFolder();
    const written = await writeInstance(stateDir, instance);
    expect(statSync(join(stateDir, 'instance.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(stateDir)).toEqual(['instance.json']);
    expect(await readRunningInstance(stateDir, never)).toEqual(instance);
    await written[Symbol.asyncDispose]();
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('of a later owner is left alone', async () => {
    const stateDir = newFolder();
    const first = await writeInstance(stateDir, instance);
    await writeInstance(stateDir, { ...instance, token: 'later' });
    await first[Symbol.asyncDispose]();
    expect(await readInstance(stateDir)).toMatchObject({ token: 'later' });
  });

  it('counts only while process and url are alive', async () => {
    verifies('OPS-03');
    const stateDir = newFolder();
    await writeInstance(stateDir, { ...instance, pid: 2 ** 22 + 1 });
    expect(await readRunningInstance(stateDir, never)).toBeUndefined();
    await writeInstance(stateDir, instance);
    expect(await readRunningInstance(stateDir, never)).toEqual(instance);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    expect(await readRunningInstance(stateDir, never)).toBeUndefined();
  });

  it.each(['', '{', '[]', '{"pid":"1"}'])('that holds %j is none', async (content) => {
    const stateDir = newFolder();
    writeFileSync(join(stateDir, 'instance.json'), content);
    expect(await readInstance(stateDir)).toBeUndefined();
  });

  it('lets all running instances be found', async () => {
    const stateHome = newFolder();
    expect(await listRunningInstances({ stateHome }, never)).toEqual([]);
    const [running, stale] = ['/a.yaml', '/b.yaml'].map((config) =>
      resolveStateDir(undefined, { statePath: undefined, stateHome }, config),
    );
    for (const stateDir of [running, stale]) await ensureStateDir(stateDir ?? '');
    await writeInstance(running ?? '', instance);
    await writeInstance(stale ?? '', { ...instance, pid: 2 ** 22 + 1 });
    expect(await listRunningInstances({ stateHome }, never)).toEqual([{ stateDir: running, instance }]);
  });
});
