// instance.json tells the commands of the same user where the owner of a state folder is, and holds the token that
// lets them change things. It may be stale after a crash: readers check that the process and its url are alive.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeStateFile } from './state-file.ts';

/** How long a reader waits for the instance to say that it is there. */
const PROBE_TIMEOUT_MS = 2_000;

const InstanceSchema = z.object({
  pid: z.int().positive(),
  url: z.url(),
  token: z.string().min(1),
  configPath: z.string(),
  startedAt: z.iso.datetime(),
  version: z.string(),
});

export type Instance = z.infer<typeof InstanceSchema>;

const instancePath = (stateDir: string): string => join(stateDir, 'instance.json');

/** Only for the holder of the owner lock. Dispose to remove it, as long as it is ours. */
export async function writeInstance(stateDir: string, instance: Instance): Promise<AsyncDisposable> {
  const path = instancePath(stateDir);
  await writeStateFile(path, `${JSON.stringify(instance, undefined, 2)}\n`);
  return {
    async [Symbol.asyncDispose]() {
      const current = await readInstance(stateDir);
      if (current?.token === instance.token) await rm(path, { force: true });
    },
  };
}

/** Undefined when there is none, or none that can be understood. */
export async function readInstance(stateDir: string): Promise<Instance | undefined> {
  try {
    return InstanceSchema.parse(JSON.parse(await readFile(instancePath(stateDir), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The instance, if its process lives and its url answers. */
export async function readRunningInstance(
  stateDir: string,
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const instance = await readInstance(stateDir);
  if (instance === undefined || !isAlive(instance.pid)) return undefined;
  return (await answers(instance.url, signal)) ? instance : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // Not ours to signal, or gone. An instance of this user is ours to signal.
    return false;
  }
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(new URL('/healthz', url), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
