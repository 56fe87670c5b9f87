import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { runPrefix } from '../../../src/runner/process/owner-tag.ts';
import {
  carriers,
  commandsWith,
  createTestRunner,
  firstWords,
  isAlive,
  never,
  program,
  programs,
  shell,
} from './harness.ts';

interface Owner {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  /** How the tags of its processes begin. */
  readonly tag: string;
}

/** A process of its own that owns a state folder and runs fixture programs: nine processes in all. */
async function startOwner(stateDir: string): Promise<Owner> {
  const owner = spawn(
    process.execPath,
    ['--conditions=@tutti/source', join(programs, 'owner.ts'), stateDir],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [, tag] = await firstWords(owner.stdout);
  if (tag === undefined) throw new Error('the owner did not start');
  await eventually(() => carriers(tag).length === 9, { what: 'nine processes' });
  return { process: owner, tag };
}

async function killHard(owner: Owner): Promise<void> {
  owner.process.kill('SIGKILL');
  await once(owner.process, 'exit');
}

const newStateDir = (): string => mkdtempSync(join(tmpdir(), 'tutti-owner-'));

describe('the guardian', () => {
  it('ends everything when its owner is killed with -9, then itself', async () => {
    verifies('SUP-01', 'SUP-10');
    const owner = await startOwner(newStateDir());
    await killHard(owner);
    await eventually(() => carriers(owner.tag).length === 0, { what: 'the end of all processes' });
    await eventually(() => commandsWith(owner.tag).length === 0, { what: 'the end of the guardian' });
  });

  it('leaves nothing behind, itself included, when its owner stops in order', async () => {
    verifies('SUP-01', 'SUP-09');
    const owner = await startOwner(newStateDir());
    const exited = once(owner.process, 'exit');
    owner.process.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(carriers(owner.tag)).toEqual([]);
    expect(commandsWith(owner.tag)).toEqual([]);
  });

  it('is replaced when it is killed, and the new one knows what runs', async () => {
    verifies('SUP-01');
    await using test = createTestRunner();
    const running = await test.runner.start(shell('sleep 1000'), never);
    const tag = runPrefix(test.ownerId);
    const [first = 0] = commandsWith(tag);
    process.kill(first, 'SIGKILL');
    const [second = 0] = await eventually(() => {
      const found = commandsWith(tag).filter((pid) => pid !== first);
      return found.length === 1 && found;
    });
    expect(test.reported).toContain('guardian lost');
    expect(isAlive(second)).toBe(true);
    await running.stop();
    await test.runner[Symbol.asyncDispose]();
    expect(isAlive(second)).toBe(false);
  });

  it('is made up for by the next start, when it was killed together with its owner', async () => {
    verifies('SUP-01', 'SUP-10');
    const stateDir = newStateDir();
    const owner = await startOwner(stateDir);
    await using bystander = createTestRunner();
    const unrelated = await bystander.runner.start(shell('sleep 1000'), never);

    for (const guardian of commandsWith(owner.tag)) process.kill(guardian, 'SIGKILL');
    await killHard(owner);
    expect(carriers(owner.tag)).toHaveLength(9);

    await using test = createTestRunner({ stateDir });
    const running = await test.runner.start(program('polite.mjs'), never);
    expect(carriers(owner.tag)).toEqual([]);
    expect(test.reported).toContain('leftovers killed: 9');
    expect(isAlive(running.pid)).toBe(true);
    expect(isAlive(unrelated.pid)).toBe(true);
  });
});
