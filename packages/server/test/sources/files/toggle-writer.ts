// Suspends and resumes a server in a file until it is killed; says so after the first time. Usage: toggle-writer.ts FILE

import { writeSuspendedBack } from '../../../src/sources/files/write-back.ts';

const [, , file = ''] = process.argv;
for (let round = 0; ; round++) {
  const written = await writeSuspendedBack(file, { server: 'one', suspended: round % 2 === 0 });
  if (written.kind === 'failed') throw new Error(written.reason);
  if (round === 0) process.stdout.write('writing\n');
}
