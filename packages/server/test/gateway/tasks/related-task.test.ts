import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  renameRelatedTask,
  withoutRelatedTask,
  withRelatedTask,
} from '../../../src/gateway/tasks/related-task.ts';

const KEY = '"io.modelcontextprotocol/related-task"';
const NUMBERS = '"n":[12345678901234567890,1e400,1.0]';

function edited(edit: (json: Buffer) => Buffer, text: string): string {
  return edit(Buffer.from(text)).toString();
}

test.each([
  [`{${NUMBERS}}`, `{"_meta":{${KEY}:{"taskId":"h"}},${NUMBERS}}`],
  ['{}', `{"_meta":{${KEY}:{"taskId":"h"}}}`],
  [`{${NUMBERS},"_meta":{}}`, `{${NUMBERS},"_meta":{${KEY}:{"taskId":"h"}}}`],
  [`{"_meta":{"v":1},${NUMBERS}}`, `{"_meta":{${KEY}:{"taskId":"h"},"v":1},${NUMBERS}}`],
  [`{"_meta":{${KEY}:{"taskId":"own","x":1}}}`, `{"_meta":{${KEY}:{"taskId":"h"}}}`],
  ['5', '5'],
])('%s names the task', (before, after) => {
  verifies('GW-04', 'GW-05');
  expect(edited((json) => withRelatedTask(json, '"h"'), before)).toBe(after);
});

test.each([
  [
    `{"_meta":{"v":1,${KEY}:{"taskId":"h","x":1}},${NUMBERS}}`,
    `{"_meta":{"v":1,${KEY}:{"taskId":"own","x":1}},${NUMBERS}}`,
  ],
  [`{"_meta":{${KEY}:{}}}`, `{"_meta":{${KEY}:{}}}`],
  [`{"_meta":7}`, `{"_meta":7}`],
  [`{${NUMBERS}}`, `{${NUMBERS}}`],
])('%s names the task by another id', (before, after) => {
  verifies('GW-04', 'GW-05');
  expect(edited((json) => renameRelatedTask(json, '"own"'), before)).toBe(after);
});

test.each([
  [`{${NUMBERS},"_meta":{${KEY}:{"taskId":"h"}}}`, `{${NUMBERS}}`],
  [`{"_meta":{${KEY}:{"taskId":"h"}},${NUMBERS}}`, `{${NUMBERS}}`],
  [`{"_meta":{"v":1, ${KEY}:{"taskId":"h"}}}`, `{"_meta":{"v":1}}`],
  [`{"_meta":{${KEY}:{"taskId":"h"},"v":1}}`, `{"_meta":{"v":1}}`],
  ['{"_meta":{"v":1}}', '{"_meta":{"v":1}}'],
])('%s no longer names a task', (before, after) => {
  verifies('GW-04', 'GW-05');
  expect(edited(withoutRelatedTask, before)).toBe(after);
});
