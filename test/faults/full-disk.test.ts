// A state folder that takes nothing more costs memory of what happened, never calls: it is told, and it mends itself.

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiEventListSchema, ApiProblemListSchema, type ApiProblem } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startProcess } from '../support/process.ts';
import { canMount, limitFileSize, mountSmallDisk } from '../support/tight-disk.ts';
import { verifies } from '../verifies.ts';
import { echo } from './support/calls.ts';
import { declaration, declared, faulty } from './support/declared.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));
const PATIENT = { timeoutMs: 60_000 };

interface Disk extends AsyncDisposable {
  tighten(gateway: Gateway): Promise<void>;
  ease(gateway: Gateway): Promise<void>;
  readonly advice: string;
}

async function limited(): Promise<Disk> {
  return {
    tighten: ({ pid }) => limitFileSize(pid, '0'),
    ease: ({ pid }) => limitFileSize(pid, 'unlimited'),
    advice: 'the disk failed; check it',
    async [Symbol.asyncDispose]() {},
  };
}

async function full(state: string): Promise<Disk> {
  const disk = await mountSmallDisk(state);
  return {
    tighten: () => disk.fill(),
    ease: () => disk.empty(),
    advice: 'the disk that the store is on is full; make room there',
    [Symbol.asyncDispose]: () => disk[Symbol.asyncDispose](),
  };
}

const isMountable = await canMount();
const kinds: [string, (state: string) => Promise<Disk>][] = [
  ['that may write to no file', limited],
  ...(isMountable ? [['on a full disk', full] as [string, typeof full]] : []),
];

async function storeProblems({ url }: Gateway): Promise<readonly ApiProblem[]> {
  const answer: unknown = await (await fetch(`${url}/api/v1/problems`)).json();
  return ApiProblemListSchema.parse(answer).items.filter(({ field }) => field === 'store');
}

/** What is told of the store is for administrators. */
async function reasonsOf({ url, token }: Gateway): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${token}` };
  const path = '/api/v1/events?reason=StoreFailed,StoreRecovered';
  const answer: unknown = await (await fetch(`${url}${path}`, { headers })).json();
  return ApiEventListSchema.parse(answer).items.map(({ kind, reason }) => `${kind} ${reason}`);
}

function post({ url, token }: Gateway, path: string, body = ''): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/yaml' };
  return fetch(`${url}/api/v1/${path}`, { method: 'POST', headers, body });
}

describe.each(kinds)('a Tutti %s', { timeout: 180_000 }, (_kind, makeTight) => {
  test('answers calls, says what is wrong, and takes up writing by itself', async () => {
    verifies('OPS-02', 'OPS-10', 'SUP-04');
    const folder = await mkdtemp(join(tmpdir(), 'tutti-tight-'));
    try {
      await using disk = await makeTight(join(folder, 'state'));
      const start = () => startGateway({ folder, files: declared({ one: faulty() }), waitFor: ['one'] });
      {
        await using gateway = await start();
        expect(await storeProblems(gateway)).toEqual([]);

        await disk.tighten(gateway);
        const more = declaration('more', faulty());
        const refused = await post(gateway, 'apply', more);
        expect(refused.status).toBe(503);
        expect(await refused.text()).toContain(disk.advice);
        const [problem] = await storeProblems(gateway);
        expect(problem?.path).toBe(join(gateway.statePath, 'tutti.db'));
        expect(problem?.message).toContain(disk.advice);
        expect(await reasonsOf(gateway)).toEqual(['Store StoreFailed']);
        for (let calls = 0; calls < 20; calls += 1) await echo(gateway.serverUrl('one'));
        expect((await post(gateway, 'servers/one/restart')).status).toBeLessThan(300);
        await eventually(() => echo(gateway.serverUrl('one')).then(() => true), {
          ...PATIENT,
          what: 'the server is back while nothing can be written',
        });
        expect(await (await fetch(`${gateway.url}/metrics`)).text()).toMatch(
          /tutti_store_errors_total\{failure="(storage|disk_full)"\} [1-9]/,
        );

        await disk.ease(gateway);
        await eventually(async () => (await storeProblems(gateway)).length === 0, {
          ...PATIENT,
          what: 'the store is written to again',
        });
        expect(await reasonsOf(gateway)).toEqual(['Store StoreFailed', 'Store StoreRecovered']);
        expect((await post(gateway, 'apply', more)).status).toBeLessThan(300);
        expect(gateway.process.output()).toContain('the store takes everything again');
      }
      // What was told while nothing could be written is on disk now.
      await using again = await start();
      expect(await reasonsOf(again)).toEqual(['Store StoreFailed', 'Store StoreRecovered']);
      expect((await again.servers()).map(({ name }) => name)).toEqual(['more', 'one']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a start', () => {
  async function outcome(command: string, args: readonly string[]) {
    const process = startProcess(command, args);
    const { code } = await process.ended;
    return { code, output: process.output() };
  }

  test('where nothing can be written says what to do', async () => {
    verifies('OPS-02', 'OPS-09');
    const folder = await mkdtemp(join(tmpdir(), 'tutti-tight-'));
    try {
      const config = join(folder, 'config.json');
      await writeFile(config, declaration('one', faulty()));
      const up = [BIN, 'up', config, '--port', '0', '--state'];
      const unwritable = await outcome('prlimit', [
        '--fsize=0',
        process.execPath,
        ...up,
        join(folder, 'limited'),
      ]);
      expect(unwritable.code).toBe(5);
      expect(unwritable.output).toMatch(/^error: cannot lock .*; check that the folder is writable/);

      if (!isMountable) return;
      const state = join(folder, 'state');
      await using disk = await mountSmallDisk(state);
      await disk.fill();
      const crowded = await outcome(process.execPath, [...up, state]);
      expect(crowded.code).toBe(5);
      expect(crowded.output).toMatch(/^error: cannot lock .*full; make room on its disk, or choose another/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

test.each(['stdout', 'stderr'] as const)(
  'a %s that is full is no reason to end, or to hang',
  async (which) => {
    verifies('SUP-09', 'OPS-09');
    const folder = await mkdtemp(join(tmpdir(), 'tutti-tight-'));
    await using sink = await open('/dev/full', 'w');
    try {
      const config = join(folder, 'config.json');
      await writeFile(config, declaration('one', faulty()));
      const child = spawn(
        process.execPath,
        [BIN, 'up', config, '--port', '0', '--state', join(folder, 'state')],
        { stdio: ['ignore', which === 'stdout' ? sink.fd : 'pipe', which === 'stderr' ? sink.fd : 'pipe'] },
      );
      const exit = once(child, 'exit');
      try {
        let heard = '';
        for (const stream of [child.stdout, child.stderr])
          stream?.on('data', (chunk: Buffer) => void (heard += chunk.toString()));
        await eventually(() => heard.includes('Running'), { ...PATIENT, what: 'the server runs' });
        child.kill('SIGTERM');
        expect(await exit).toEqual([0, null]);
      } finally {
        child.kill('SIGKILL');
        await exit;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
