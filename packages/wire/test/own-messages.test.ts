import { expect, test } from 'vitest';
import { errorResponse, notification, request, resultResponse } from '../src/own-messages.ts';
import { scanMessage } from '../src/scan.ts';

test('messages made here are messages', () => {
  const made = [
    errorResponse('7', -32601, 'no "such" method', { method: 'x' }),
    errorResponse(undefined, -32700, 'not JSON'),
    resultResponse('"a"', '{"x":1e400}'),
    resultResponse('"a"', Buffer.from('{"é":1}')),
    notification('notifications/initialized'),
    notification('a"b', '{"x":1}'),
    request('1', 'ping'),
    request('1', 'tools/call', '{"name":"n"}'),
  ];
  expect(made.map(String)).toEqual([
    '{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no \\"such\\" method","data":{"method":"x"}}}',
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"not JSON"}}',
    '{"jsonrpc":"2.0","id":"a","result":{"x":1e400}}',
    '{"jsonrpc":"2.0","id":"a","result":{"é":1}}',
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","method":"a\\"b","params":{"x":1}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"n"}}',
  ]);
  const kinds = made.map((bytes) => scanMessage(bytes).kind);
  expect(kinds.join(' ')).toBe('error error result result notification notification request request');
});
