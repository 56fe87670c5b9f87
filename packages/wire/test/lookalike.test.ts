import { expect, test } from 'vitest';
import { spanText } from '../src/json-items.ts';
import { isScanFailure, scanMessage } from '../src/scan.ts';

/** Name and place of the lookalike of a message. */
function lookalike(text: string): readonly [string, string, string] | undefined {
  const message = scanMessage(Buffer.from(text));
  if (isScanFailure(message)) throw new Error(message.reason);
  const found = message.lookalike;
  return found && [spanText(message.bytes, found.key), found.name, found.where];
}

const call = (params: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{${params}}}`;

test.each([
  ['"Name"', 'name'],
  ['"NAME"', 'name'],
  ['"uRI"', 'uri'],
  ['"ARGUMENTS"', 'arguments'],
  ['"argument\u017f"', 'arguments'],
  ['"argument\\u017f"', 'arguments'],
  ['"argument\\u017F"', 'arguments'],
  ['"\\u004eame"', 'name'],
  ['"taskid"', 'taskId'],
  ['"Ta\u017f\u212aID"', 'taskId'],
  ['"\\u0054\\u0041\\u017f\\u212a\\u0049\\u0044"', 'taskId'],
  ['"tas\u212a"', 'task'],
  ['"Ref"', 'ref'],
])('%s in params looks like %s', (key, name) => {
  expect(lookalike(call(`"name":"x",${key}:1`))).toEqual([key, name, 'params']);
});

test.each([
  ['a member of the message', '{"jsonrpc":"2.0","id":1,"method":"x","Method":"y"}', ['"Method"', 'method']],
  ['its params', '{"jsonrpc":"2.0","id":1,"method":"x","param\u017f":{}}', ['"param\u017f"', 'params']],
  ['the id of an answer', '{"jsonrpc":"2.0","id":1,"ID":2,"result":{}}', ['"ID"', 'id']],
  ['the result of an answer', '{"jsonrpc":"2.0","id":1,"result":{},"RESULT":{}}', ['"RESULT"', 'result']],
  ['_meta', call('"_Meta":{}'), ['"_Meta"', '_meta']],
  ['what is in it', call('"_meta":{"progresstoken":1}'), ['"progresstoken"', 'progressToken']],
  [
    'that, behind another one',
    call('"Name":1,"_meta":{"ProgressToken":1}'),
    ['"ProgressToken"', 'progressToken'],
  ],
])('%s', (_, text, found) => {
  expect(lookalike(text)).toEqual([...found, 'message']);
});

test.each([
  call('"name":"x","arguments":{"Name":1,"_Meta":2},"task":{"Task":1}'),
  call('"name":"x","names":1,"nam":1,"n\u00e2me":1,"\u0130":1,"task_id":1,"_meta":{"Name":1,"meta":1}'),
  call(`"${'\u017f'.repeat(500)}":1,"${'\\u0054'.repeat(500)}":1`),
  '{"jsonrpc":"2.0","id":1,"result":{"Name":"x","URI":"y","_Meta":{},"_meta":{"ProgressToken":1}}}',
  '{"jsonrpc":"2.0","id":1,"method":"x","extra":1,"params":[{"Name":1}]}',
])('nothing looks like a known member in %s', (text) => {
  expect(lookalike(text)).toBeUndefined();
});
