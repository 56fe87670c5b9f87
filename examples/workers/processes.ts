// The processes of the example: Tutti, and its agents. All end with it.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const InstanceSchema = z.object({ url: z.string() });

export interface Processes extends AsyncDisposable {
  /** Starts Tutti with a state of its own; answers with its address. */
  startTutti(): Promise<string>;
  startAgent(name: string, config: string, root: string): ChildProcess;
}

export function createProcesses(folder: string): Processes {
  const children: ChildProcess[] = [];
  let url = '';

  function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    return child;
  }

  return {
    async startTutti() {
      await writeFile(join(folder, 'tutti.yaml'), '# Agents and tasks need no servers.\n');
      const state = join(folder, 'state');
      const child = start(['up', 'tutti.yaml', '--port', '0', '--state', state], { TUTTI_LOG: 'error' });
      const deadline = performance.now() + START_TIMEOUT_MS;
      while (url === '') {
        if (child.exitCode !== null || performance.now() > deadline) throw new Error('Tutti did not start.');
        await sleep(50);
        const text = await readFile(join(state, 'instance.json'), 'utf8').catch(() => '');
        if (text !== '') url = InstanceSchema.parse(JSON.parse(text)).url.replace(/\/$/, '');
      }
      return url;
    },
    startAgent: (name, config, root) =>
      start(
        ['agent', '--config', fileURLToPath(new URL(`agents/${config}`, import.meta.url)), '--root', root],
        {
          AGENT_NAME: name,
          TUTTI_URL: url,
        },
      ),
    async [Symbol.asyncDispose]() {
      const [tutti, ...agents] = children;
      // Agents first: they hand their work back.
      for (const child of [...agents, tutti]) {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    },
  };
}
