import { isScanFailure, scanMessage } from '@tutti/wire';
import { expect, test } from 'vitest';
import type { Caller } from '../../../src/gateway/caller.ts';
import { route } from '../../../src/gateway/routing/route.ts';
import { createServerView } from '../../../src/gateway/routing/view.ts';
import { createTaskHandles } from '../../../src/gateway/tasks/handles.ts';

const caller: Caller = {
  principal: 'local',
  era: 'legacy',
  sessionKey: 'one',
  protocolVersion: '2025-11-25',
  capabilities: '{}',
  clientInfo: undefined,
  logLevel: undefined,
  paramHeaders: undefined,
};

function routed(method: string, params: string) {
  const message = scanMessage(
    Buffer.from(`{"jsonrpc":"2.0","id":1,"method":${JSON.stringify(method)},"params":${params}}`),
  );
  if (isScanFailure(message)) throw new Error(message.reason);
  const view = createServerView('one', () => undefined);
  return route(view, message, caller, createTaskHandles(Buffer.alloc(32)));
}

test.each([
  ['{"type":"ref/prompt","name":"a"}', 'server'],
  ['{"type":"ref/prompt","name":"a","title":"b"}', 'server'],
  ['{"type":"ref/resource","uri":"a:b"}', 'server'],
  ['{"type":"ref/prompt","name":"a","name":"b"}', 'refused'],
  ['{"type":"ref/prompt","name":"a","Name":"b"}', 'refused'],
  ['{"type":"ref/prompt","name":"a","uri":"a:b"}', 'refused'],
  ['{"type":"ref/prompt","name":"a","\\u0055ri":"a:b"}', 'refused'],
  ['{"type":"ref/prompt","Type":"ref/resource","name":"a"}', 'refused'],
  ['{"type":"ref/prompt","Name":"a"}', 'refused'],
  ['{"type":"ref/prompt"}', 'refused'],
])('completion/complete of %s: %s', (ref, kind) => {
  expect(routed('completion/complete', `{"ref":${ref},"argument":{"name":"x","value":""}}`).kind).toBe(kind);
});

test('a lookalike counts where something is looked at, and in what all requests have', () => {
  expect(routed('tools/call', '{"name":"a","Name":"b"}').kind).toBe('refused');
  expect(routed('vendor/do', '{"Name":"b"}').kind).toBe('server');
  expect(routed('vendor/do', '{"_meta":{"ProgressToken":1}}').kind).toBe('refused');
});
