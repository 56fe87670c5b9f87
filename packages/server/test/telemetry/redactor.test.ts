import { expect, it } from 'vitest';
import { createRedactor } from '../../src/telemetry/redactor.ts';

it('masks every form in which a secret turns up', () => {
  const redactor = createRedactor();
  redactor.set('one', ['pa"ss\\word', '-----BEGIN-----\nlineOfKey\n-----END-----', 'tok.n+']);
  expect(redactor.mask('a pa"ss\\word b')).toBe('a [secret] b');
  expect(redactor.mask(JSON.stringify('pa"ss\\word'))).toBe('"[secret]"');
  expect(redactor.mask('lineOfKey')).toBe('[secret]');
  expect(redactor.mask('tok.n+ tokxn+')).toBe('[secret] tokxn+');
});

it('masks a secret that contains another one as a whole', () => {
  const redactor = createRedactor();
  redactor.set('one', ['secret']);
  redactor.set('two', ['secret-and-more']);
  expect(redactor.mask('secret-and-more secret')).toBe('[secret] [secret]');
});

it('forgets a key, and leaves short values alone', () => {
  const redactor = createRedactor();
  redactor.set('one', ['first', '1']);
  redactor.set('two', ['other']);
  redactor.set('one', []);
  expect(redactor.mask('first other 1')).toBe('first [secret] 1');
});
