// The SHA-256 of a file below a declared root. Nothing but a regular file is read, and none that a link leads to outside.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileFact, Place } from '../../coordination/evidence/ports.ts';
import { isAbsent, reasonOf, resolveInside, type Root, unknown } from './rooted-path.ts';

/** A larger file is not read. */
export const MAX_FILE_BYTES = 1024 ** 3;

export async function hashFile(
  roots: readonly Root[],
  place: Place,
  signal: AbortSignal,
  maxBytes = MAX_FILE_BYTES,
): Promise<FileFact> {
  const found = await resolveInside(roots, place);
  if (found.kind !== 'path') return found;
  try {
    // A pipe without a writer would never open.
    await using file = await open(
      found.path,
      constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
    );
    const opened = await file.stat();
    if (!opened.isFile()) return unknown(`\`${place.path}\` is no regular file`, 'name a file');
    if (opened.size > maxBytes)
      return unknown(
        `\`${place.path}\` is larger than ${maxBytes} bytes`,
        'name a smaller file: a list of hashes, say',
      );
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of file.createReadStream({ autoClose: false, signal })) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > maxBytes)
        return unknown(`\`${place.path}\` grows while it is read`, 'submit it when it is done');
      hash.update(chunk);
    }
    // A folder on the way may have become a link after it was looked at.
    const again = await resolveInside(roots, place);
    if (again.kind !== 'path') return again;
    const named = await stat(again.path);
    if (named.ino !== opened.ino || named.dev !== opened.dev || named.mtimeMs !== opened.mtimeMs)
      return unknown(`\`${place.path}\` changes while it is read`, 'submit it when it is done');
    return { kind: 'hash', sha256: hash.digest('hex') };
  } catch (error) {
    signal.throwIfAborted();
    if (isAbsent(error)) return { kind: 'absent' };
    return unknown(`\`${place.path}\` can't be read: ${reasonOf(error)}`, 'have its permissions mended');
  }
}
