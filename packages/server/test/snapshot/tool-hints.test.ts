import { expect, test } from 'vitest';
import { isDestructive } from '../../src/snapshot/tool-hints.ts';
import { verifies } from '../../../../test/verifies.ts';

test.each([
  ['nothing', '', true],
  ['no object', ',"annotations":[]', true],
  ['an empty one', ',"annotations":{}', true],
  ['that it only reads', ',"annotations":{"readOnlyHint":true}', false],
  ['that it destroys nothing', ',"annotations":{"title":"T","destructiveHint":false}', false],
  ['that it reads, and destroys', ',"annotations":{"destructiveHint":true,"readOnlyHint":true}', false],
  ['that it does not only read', ',"annotations":{"readOnlyHint":false}', true],
  ['something that is no boolean', ',"annotations":{"destructiveHint":"false"}', true],
  ['it elsewhere', ',"_meta":{"annotations":{"readOnlyHint":true}}', true],
])('of its effects a tool says %s', (_, members, expected) => {
  verifies('GW-21');
  expect(isDestructive(Buffer.from(`{"name":"x"${members}}`))).toBe(expected);
});
