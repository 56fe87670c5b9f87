import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { answeredId } from '../../../src/gateway/upstream/answered-id.ts';

const ENDS = 256;
const idOf = (line: string): number | undefined =>
  answeredId(Buffer.from(line.slice(0, ENDS)), Buffer.from(line.slice(-ENDS)));
const LONG = JSON.stringify('x'.repeat(10_000));

describe('the id of an answer that is too long to be read', () => {
  it.each([
    `{"jsonrpc":"2.0","id":17,"result":{"a":${LONG}}}`,
    `{"id":17,"jsonrpc":"2.0","error":{"message":${LONG}}}`,
    `{"id":17,"result":${LONG}}`,
    `{"result":{"a":${LONG}},"jsonrpc":"2.0","id":17}`,
    `{"jsonrpc":"2.0","result":{"a":${LONG}},"id":17}`,
    ` { "result" : ${LONG} , "id" : 17 , "jsonrpc" : "2.0" } \r`,
  ])('stands at one of its ends: %.40s', (line) => {
    verifies('SUP-07');
    expect(idOf(line)).toBe(17);
  });

  it.each([
    `{"jsonrpc":"2.0","id":17,"method":"sampling/createMessage","params":{"a":${LONG}}}`,
    `{"method":"notifications/message","params":{"a":${LONG}},"jsonrpc":"2.0","id":17}`,
    `{"jsonrpc":"2.0","result":{"a":${LONG},"id":17}}`,
    `{"result":${LONG.slice(0, -1)},\\"id\\":17}"}`,
    `{"jsonrpc":"2.0","id":"17","result":${LONG}}`,
    LONG,
  ])('is not guessed: %.40s', (line) => {
    expect(idOf(line)).toBeUndefined();
  });
});
