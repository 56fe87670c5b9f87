// A scenario in a process of its own, crashed where it is told to; and what is true of the store afterwards.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect } from 'vitest';
import type { CrashPoint, ScenarioName } from './points.ts';
import type { Line } from './scenarios.ts';

/** The program as two files: loading hundreds of modules for each crash would take most of the time. */
const BUILT = fileURLToPath(
  new URL(`../../../../../node_modules/.cache/tutti-crash-${process.pid}`, import.meta.url),
);

export async function buildProgram(): Promise<AsyncDisposable> {
  const built = await rolldown({
    input: {
      program: fileURLToPath(new URL('./crash-program.ts', import.meta.url)),
      // It is started by its place beside the file that starts it.
      worker: fileURLToPath(new URL('../../../src/store/sqlite/worker.ts', import.meta.url)),
    },
    platform: 'node',
    resolve: { conditionNames: ['@tutti/source', 'node', 'import'] },
    external: ['pg', 'vitest', 'rolldown'],
  });
  await built.write({ dir: BUILT, entryFileNames: '[name].js', chunkFileNames: '[name].js' });
  await writeFile(join(BUILT, 'package.json'), '{"type":"module"}');
  return { [Symbol.asyncDispose]: () => rm(BUILT, { recursive: true, force: true }) };
}

export interface Crashed {
  readonly lines: readonly Line[];
  /** The time at which it was crashed. */
  readonly nowMs: number;
}

/** The commits of a scenario that nothing interrupts. */
export async function runToItsEnd(url: string, scenario: ScenarioName): Promise<readonly string[]> {
  const { lines, exit } = await run([url, scenario]);
  expect(exit).toEqual([0, null]);
  const last = lines.at(-1);
  if (last === undefined || !('committed' in last)) throw new Error(`${scenario} did not come to its end`);
  return last.committed;
}

export async function runAndCrash(url: string, { scenario, commit, moment }: CrashPoint): Promise<Crashed> {
  const { lines, exit } = await run([url, scenario, commit, moment]);
  expect(exit, `it came to the point: ${JSON.stringify(lines)}`).toEqual([null, 'SIGKILL']);
  const last = lines.at(-1);
  if (last === undefined || !('crashes' in last)) throw new Error('it was crashed by another');
  return { lines: lines.filter((line) => 'asks' in line || 'told' in line), nowMs: last.nowMs };
}

type Said =
  | Line
  | { readonly crashes: true; readonly nowMs: number }
  | { readonly committed: readonly string[] };

async function run(args: readonly string[]): Promise<{ lines: readonly Said[]; exit: unknown }> {
  const child = spawn(process.execPath, [join(BUILT, 'program.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, exit] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { lines: said.split('\n').flatMap(linesOf), exit };
}

/** Our own program wrote it. */
function linesOf(line: string): readonly Said[] {
  return line === '' ? [] : [JSON.parse(line)];
}
