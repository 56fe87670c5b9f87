// `lock-racer.ts STATE_DIR`: tries to own the folder; says `owner` and keeps it, or `refused: <message>` and ends.
import { acquireOwnerLock } from '../../../packages/server/src/app/owner-lock.ts';
import { AppError } from '../../../packages/server/src/kernel/errors.ts';

try {
  const lock = await acquireOwnerLock(process.argv[2] ?? '');
  process.stdin.once('end', () => lock[Symbol.dispose]()).resume();
  process.stdout.write('owner\n');
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  process.stdout.write(`refused: ${error.code} ${error.message}\n`);
}
