import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { writeInstance } from '../../src/app/instance-file.ts';
import { acquireOwnerLock } from '../../src/app/owner-lock.ts';

const racer = fileURLToPath(new URL('../../../../test/programs/processes/lock-racer.ts', import.meta.url));
const newStateDir = (): string => mkdtempSync(join(tmpdir(), 'tutti-lock-'));

describe('the owner lock', () => {
  const racers: ChildProcess[] = [];
  afterEach(() => {
    for (const one of racers.splice(0)) one.kill('SIGKILL');
  });

  async function race(stateDir: string): Promise<{ process: ChildProcess; said: string }> {
    const child = spawn(process.execPath, ['--conditions=@tutti/source', racer, stateDir], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    racers.push(child);
    const [chunk] = await once(child.stdout, 'data');
    return { process: child, said: String(chunk).trim() };
  }

  it('has one winner of many who start at once', async () => {
    verifies('OPS-03');
    const stateDir = newStateDir();
    const results = await Promise.all(Array.from({ length: 5 }, () => race(stateDir)));
    expect(results.filter(({ said }) => said === 'owner')).toHaveLength(1);
    expect(results.filter(({ said }) => said.startsWith('refused: conflict already running'))).toHaveLength(
      4,
    );
  });

  it('is a file for this user alone, an older one too', async () => {
    verifies('OPS-03');
    const stateDir = newStateDir();
    using _first = await acquireOwnerLock(stateDir);
    expect(statSync(join(stateDir, 'owner.lock')).mode & 0o777).toBe(0o600);
    const old = join(newStateDir(), 'owner.lock');
    writeFileSync(old, '', { mode: 0o644 });
    using _lock = await acquireOwnerLock(dirname(old));
    expect(statSync(old).mode & 0o777).toBe(0o600);
    // Whoever asks for it again does not take it from its holder.
    await expect(acquireOwnerLock(dirname(old))).rejects.toMatchObject({ code: 'conflict' });
    expect((await race(dirname(old))).said).toContain('refused: conflict');
  });

  it('is freed by kill -9', async () => {
    verifies('OPS-03');
    const stateDir = newStateDir();
    const first = await race(stateDir);
    expect(first.said).toBe('owner');
    await expect(acquireOwnerLock(stateDir)).rejects.toMatchObject({ code: 'conflict' });
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    using _lock = await acquireOwnerLock(stateDir);
  });

  it('is freed when it is let go, and held against the same process too', async () => {
    const stateDir = newStateDir();
    const lock = await acquireOwnerLock(stateDir);
    await expect(acquireOwnerLock(stateDir)).rejects.toMatchObject({ code: 'conflict' });
    lock[Symbol.dispose]();
    using _again = await acquireOwnerLock(stateDir);
  });

  it('tells who has it and what to do', async () => {
    verifies('OPS-03');
    const stateDir = newStateDir();
    using _lock = await acquireOwnerLock(stateDir);
    await writeInstance(stateDir, {
      pid: 4711,
      url: 'http://127.0.0.1:7400/',
      token: 'secret-token',
      configPath: '/a/tutti.yaml',
      startedAt: '2026-01-31T12:00:00.000Z',
      version: '0.1.0',
    });
    await expect(acquireOwnerLock(stateDir)).rejects.toMatchObject({
      code: 'conflict',
      message:
        'already running: pid 4711, http://127.0.0.1:7400/; use that one, stop it first, or choose another state folder with --state',
    });
  });

  it('says what is wrong with a folder that cannot hold it', async () => {
    const file = join(newStateDir(), 'file');
    writeFileSync(file, '');
    await expect(acquireOwnerLock(file)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('choose another with --state'),
    });
  });
});
