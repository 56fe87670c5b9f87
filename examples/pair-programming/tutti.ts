// A Tutti of the example's own, and its command line. It ends with the example.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const InstanceSchema = z.object({ url: z.string() });

export interface Tutti extends AsyncDisposable {
  readonly url: string;
  /** Runs a command of the command line in a folder. */
  run(args: readonly string[], cwd: string): Promise<void>;
}

export async function startTutti(folder: string): Promise<Tutti> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tutti.yaml'), '# Leases need no servers.\n');
  const state = join(folder, 'state');
  const child = spawn(process.execPath, [BIN, 'up', 'tutti.yaml', '--port', '0', '--state', state], {
    cwd: folder,
    env: { ...process.env, TUTTI_LOG: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  let url = '';
  while (url === '') {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error('Tutti did not start.');
    await sleep(50);
    const text = await readFile(join(state, 'instance.json'), 'utf8').catch(() => '');
    if (text !== '') url = InstanceSchema.parse(JSON.parse(text)).url.replace(/\/$/, '');
  }
  return {
    url,
    async run(args, cwd) {
      await promisify(execFile)(process.execPath, [BIN, ...args, '--state', state], { cwd });
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
