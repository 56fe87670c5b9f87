import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createScreen } from '../../src/up/screen.ts';

function open() {
  const stream = new PassThrough();
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const written = (): string => text.replaceAll('\u001b', '^');
  return { screen: createScreen(stream), written };
}

test('a block is drawn over the one before it', () => {
  const { screen, written } = open();
  screen.draw(['one', 'two']);
  screen.draw(['three']);
  expect(written()).toBe('one\ntwo\n^[2A\r^[Jthree\n');
});

test('what is written above scrolls away, and the block stands below it', () => {
  const { screen, written } = open();
  screen.above('early\n');
  screen.draw(['table']);
  screen.above('a line of the log\n');
  screen.end();
  screen.above('after the end\n');
  expect(written()).toBe('early\ntable\n^[1A\r^[Ja line of the log\ntable\nafter the end\n');
});
