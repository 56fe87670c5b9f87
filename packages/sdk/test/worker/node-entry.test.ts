import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { verifies } from '../../../../test/verifies.ts';
import { loadExecutors, PluginError, serveHealth } from '../../src/node.ts';
import type { WorkerPhase, WorkerState } from '../../src/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-plugins-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('plugins', () => {
  const good = `{ capabilities: ['greet'], tags: [], execute: async () => ({ success: true, data: 'hello' }) }`;

  test('load by path, as an executor or as what makes one', async () => {
    verifies('AGT-09');
    await writeFile(join(folder, 'plain.mjs'), `export const executor = ${good};`);
    await writeFile(join(folder, 'made.mjs'), `export async function createExecutor() { return ${good}; }`);
    await writeFile(join(folder, 'default.mjs'), `export default ${good};`);
    const executors = await loadExecutors(['plain.mjs', './made.mjs', join(folder, 'default.mjs')], folder);
    expect(executors.map(({ capabilities }) => capabilities)).toEqual([['greet'], ['greet'], ['greet']]);
  });

  test.each([
    ['none.mjs', undefined, /Cannot find module/],
    ['syntax.mjs', 'export const = 1;', /Unexpected token/],
    ['throws.mjs', 'throw new Error("no licence");', /no licence/],
    ['nothing.mjs', 'export const other = 1;', /exports neither `executor` nor `createExecutor`/],
    [
      'empty.mjs',
      'export const executor = { capabilities: [], tags: [], execute() {} };',
      /no executor.*capabilities/,
    ],
    ['half.mjs', 'export const executor = { capabilities: ["x"], tags: [] };', /no executor.*execute/],
    ['maker.mjs', 'export function createExecutor() { throw new Error("no token"); }', /no token/],
  ])('a bad one is told in words: %s', async (name, text, message) => {
    if (text !== undefined) await writeFile(join(folder, name), text);
    const loading = loadExecutors([name], folder);
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toThrow(`The plugin ${name} can't be used`);
    await expect(loading).rejects.toBeInstanceOf(PluginError);
  });
});

describe('health endpoint', () => {
  const Shown = z.looseObject({
    phase: z.string(),
    usage: z.object({
      cpuCores: z.number(),
      memoryBytes: z.number().positive(),
      heapBytes: z.number().positive(),
      uptimeSeconds: z.number(),
    }),
  });

  test('tells whether the worker lives and whether it gets work, and what it uses', async () => {
    verifies('AGT-09');
    let phase: WorkerPhase = 'starting';
    const state = (): WorkerState => ({
      agentId: 'a',
      phase,
      watching: true,
      running: [{ taskId: 't', claim: 2 }],
      maxConcurrentTasks: 5,
      outcomes: { completed: 1, failed: 0, released: 0, lost: 0, unheard: 0 },
      heardAgoMs: 5,
    });
    await using health = await serveHealth({ state }, { port: 0 });
    const status = async (path: string): Promise<number> => (await fetch(`${health.url}${path}`)).status;
    const seen: unknown[] = [];
    for (const next of ['starting', 'ready', 'disconnected', 'draining', 'stopped'] as const) {
      phase = next;
      seen.push([next, await status('/healthz'), await status('/readyz')]);
    }
    expect(seen).toEqual([
      ['starting', 200, 503],
      ['ready', 200, 200],
      ['disconnected', 200, 503],
      ['draining', 200, 503],
      ['stopped', 503, 503],
    ]);
    const shown = Shown.parse(await (await fetch(`${health.url}/healthz?verbose`)).json());
    expect(shown).toMatchObject({ agentId: 'a', running: [{ taskId: 't', claim: 2 }] });
    expect(await status('/other')).toBe(404);
  });
});
