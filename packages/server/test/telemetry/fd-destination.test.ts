import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createFdDestination } from '../../src/telemetry/fd-destination.ts';

async function written(use: (fd: number) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-fd-'));
  try {
    const path = join(folder, 'log');
    const file = await open(path, 'w');
    await use(file.fd);
    await file.close();
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('what is written arrives in order, and is there after a flush', async () => {
  verifies('SUP-09');
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index} ü\n`);
  const text = await written(async (fd) => {
    const destination = createFdDestination(fd);
    for (const line of lines) {
      destination.write(line);
      if (line.includes('00 ')) await destination.flush();
    }
    await destination.flush();
  });
  expect(text).toBe(lines.join(''));
});

test('what does not fit is dropped, and later text is written again', async () => {
  const text = await written(async (fd) => {
    const destination = createFdDestination(fd, 10);
    destination.write('12345678\n');
    destination.write('too much\n');
    await destination.flush();
    destination.write('again\n');
    await destination.flush();
  });
  expect(text).toBe('12345678\nagain\n');
});

test('a disk that is full loses the text and nothing else', async () => {
  verifies('SUP-09');
  await using full = await open('/dev/full', 'w');
  const destination = createFdDestination(full.fd, 10);
  for (let round = 0; round < 3; round += 1) {
    destination.write('12345678\n');
    await destination.flush();
  }
});
