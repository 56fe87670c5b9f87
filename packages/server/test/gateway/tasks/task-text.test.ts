import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  findTaskId,
  inlinedResult,
  legacyTask,
  modernTask,
  numberOf,
  readMembers,
  textOf,
  writeObject,
} from '../../../src/gateway/tasks/task-text.ts';

function members(text: string) {
  const bytes = Buffer.from(text);
  return readMembers(bytes, { start: 0, end: bytes.length });
}

const TIMES = '"createdAt":"a","lastUpdatedAt":"b"';

test('a modern task for a legacy client', () => {
  verifies('GW-03', 'GW-04');
  const modern = `{"resultType":"complete","taskId":"own","status":"completed",${TIMES},"ttlMs":1e400,"pollIntervalMs":12345678901234567890,"statusMessage":"\\u0041","result":{"content":[]},"_meta":{},"x":{"a":1.0}}`;
  expect(writeObject(legacyTask(members(modern), 'handle')).toString()).toBe(
    `{"taskId":"handle","status":"completed",${TIMES},"ttl":1e400,"pollInterval":12345678901234567890,"statusMessage":"\\u0041","x":{"a":1.0}}`,
  );
});

test('a legacy task for a modern client', () => {
  verifies('GW-03', 'GW-04');
  const legacy = `{"taskId":"own","status":"working",${TIMES},"ttl":null,"pollInterval":5e2,"x":[1.0]}`;
  expect(writeObject(modernTask(members(legacy), 'handle')).toString()).toBe(
    `{"taskId":"handle","status":"working",${TIMES},"ttlMs":null,"pollIntervalMs":5e2,"x":[1.0]}`,
  );
});

test('a lifetime is always told', () => {
  verifies('GW-03');
  const bare = members('{"taskId":"own","status":"working"}');
  expect(legacyTask(bare, 'h').get('ttl')).toBe('null');
  expect(modernTask(bare, 'h').get('ttlMs')).toBe('null');
});

test('a tool that failed is failed in the old era and completed in the new', () => {
  verifies('GW-03');
  const failed = members('{"taskId":"own","status":"completed","result":{"isError":true}}');
  expect(legacyTask(failed, 'h').get('status')?.toString()).toBe('"failed"');
  const fine = members('{"taskId":"own","status":"completed","result":{"isError":false}}');
  expect(legacyTask(fine, 'h').get('status')?.toString()).toBe('"completed"');
});

test('the last of repeated members counts, and every spelling of an id is the same task', () => {
  verifies('GW-04');
  const text = members('{"a":1,"b":"x","a":"\\u0079"}');
  expect(textOf(text, 'a')).toBe('y');
  expect(textOf(text, 'c')).toBeUndefined();
  expect(numberOf(text, 'a')).toBeUndefined();
  expect(numberOf(members('{"n":1.5e3,"null":null}'), 'n')).toBe(1500);
  expect(numberOf(members('{"n":null}'), 'n')).toBeUndefined();
  const bytes = Buffer.from('{"taskId":"\\u0061/b"}');
  expect(findTaskId(bytes, { start: 0, end: bytes.length })?.id).toBe('"a/b"');
  expect(findTaskId(Buffer.from('{"taskId":7}'), { start: 0, end: 12 })).toBeUndefined();
  expect(writeObject(new Map()).toString()).toBe('{}');
});

test('an inlined result says that it is complete', () => {
  verifies('GW-03', 'GW-04');
  expect(inlinedResult(Buffer.from('{"n":1e400}')).toString()).toBe('{"resultType":"complete","n":1e400}');
  expect(inlinedResult(Buffer.from('{}')).toString()).toBe('{"resultType":"complete"}');
  const complete = '{"n":1.0,"resultType":"complete"}';
  expect(inlinedResult(Buffer.from(complete)).toString()).toBe(complete);
});
