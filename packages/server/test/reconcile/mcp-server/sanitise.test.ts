import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_REASON_CHARS, sanitise } from '../../../src/reconcile/mcp-server/sanitise.ts';

test.each([
  ['plain text stays', [], 'plain text stays'],
  ['two\r\nlines\t', [], 'two lines'],
  ['\u001B]0;title\u0007x', [], ']0;title x'],
  ['right\u202Eto left', [], 'right to left'],
  ['token abcd1234 and abcd', ['abcd', 'abcd1234'], 'token *** and ***'],
  ['a secret of three characters is none: abc', ['abc'], 'a secret of three characters is none: abc'],
])('%j without %j is %j', (text, secrets, shown) => {
  verifies('SRV-09');
  expect(sanitise(text, secrets)).toBe(shown);
});

test('what is shown is one bounded line without control characters or secrets', () => {
  verifies('SRV-09');
  const secret = 'S3CR3T';
  const piece = fc.oneof(fc.constant(secret), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 400 }), (pieces) => {
      const shown = sanitise(pieces.join(''), [secret]);
      expect(shown.length).toBeLessThanOrEqual(MAX_REASON_CHARS);
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(shown).not.toContain(secret);
    }),
  );
});
