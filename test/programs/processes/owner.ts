// A Tutti reduced to its runner: `owner.ts STATE_DIR` takes the owner lock, starts several kinds of processes and says
// `ready <state>-<run> <pids>`. Made to be killed.
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { acquireOwnerLock } from '../../../packages/server/src/app/owner-lock.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { createOwnerId } from '../../../packages/server/src/runner/process/owner-tag.ts';
import { createProcessRunner } from '../../../packages/server/src/runner/process/process-runner.ts';

const stateDir = process.argv[2] ?? '';
const here = fileURLToPath(new URL('.', import.meta.url));
const ignore = (): void => {};
const lock = await acquireOwnerLock(stateDir);
const ownerId = createOwnerId(statSync(stateDir, { bigint: true }), `r${process.pid}`);
const runner = createProcessRunner({
  ownerId,
  baseEnv: process.env,
  platform: process.platform,
  logs: { append: (_server, _stream, line) => line },
  events: {
    processStarted: ignore,
    processEnded: ignore,
    processUnkillable: ignore,
    processLimitReached: ignore,
    memoryLimitNotEnforced: ignore,
    leftoversKilled: ignore,
    guardianLost: ignore,
    guardianUnavailable: ignore,
  },
  clock: systemClock,
});

const programs = [['ignore-term.mjs'], ['escaping.mjs'], ['wrapper-chain.mjs'], ['tree.mjs', '2', '1']];
const started = await Promise.all(
  programs.map(async (args) => {
    const running = await runner.start(
      {
        server: 'fixture',
        instance: args.join(' '),
        command: process.execPath,
        args,
        env: {},
        workdir: here,
        stopGraceMs: 1_000,
      },
      new AbortController().signal,
    );
    await once(running.stdout, 'data');
    return running.pid;
  }),
);
process.once('SIGTERM', () => {
  void runner[Symbol.asyncDispose]().then(() => lock[Symbol.dispose]());
});
process.stdout.write(`ready ${ownerId.state}-${ownerId.run} ${started.join(' ')}\n`);
setInterval(ignore, 1_000).unref();
