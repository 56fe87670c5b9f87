// The one owner of an embedded store, wherever the file is and whichever state folder its owner has. Beside the database
// are a lock and a note of who holds it.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { heldError } from '../held-error.ts';
import { messageOf, StoreError } from '../store-error.ts';
import { lockFile } from './file-lock.ts';

const LOCK = '.lock';
const HOLDER = '.holder';

/** Rejects with `held` when somebody else has it. */
export async function ownSqlite(path: string, holder: string): Promise<AsyncDisposable> {
  let lock: Disposable | undefined;
  try {
    lock = lockFile(`${path}${LOCK}`);
  } catch (error) {
    throw new StoreError(
      'storage',
      `cannot lock the store: ${messageOf(error)}; check that its folder exists, can be written and is on a local disk`,
      { cause: error },
    );
  }
  if (lock === undefined) throw heldError(await readFile(`${path}${HOLDER}`, 'utf8').catch(() => undefined));
  const held = lock;
  await writeFile(`${path}${HOLDER}`, holder, { mode: 0o600 });
  return {
    async [Symbol.asyncDispose]() {
      await rm(`${path}${HOLDER}`, { force: true });
      held[Symbol.dispose]();
    },
  };
}
