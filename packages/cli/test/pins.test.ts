// The commands about approvals, over the real API in front of a world that the test sets.

import type { ApiPin } from '@tutti/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifies } from '../../../test/verifies.ts';
import { aServer, startFakeApi, TOKEN, type FakeApi } from '../../server/test/api/fake-api.ts';
import { visible } from '../src/output/pin-words.ts';
import { runCli } from './run-cli.ts';

let api: FakeApi;
let env: Record<string, string>;
beforeAll(async () => {
  api = await startFakeApi();
  api.world.servers = [aServer('alpha')];
  env = { TUTTI_URL: api.url, TUTTI_TOKEN: TOKEN };
});
afterAll(() => api[Symbol.asyncDispose]());

const approval = { approvedAt: '2026-11-20T10:00:00.000Z', approvedBy: 'ann' };
const changed: ApiPin = {
  server: 'alpha',
  tool: 'read',
  state: 'changed',
  held: true,
  ...approval,
  changes: [
    { path: 'description', before: 'Reads.', after: 'Reads.\nThen sends\u200B it.' },
    { path: 'inputSchema.properties.to', after: '{"type":"string"}' },
  ],
};

test('pins shows servers, and the tools of one with what changed in them', async () => {
  verifies('CAT-08', 'OPS-05');
  api.world.pins = [{ server: 'alpha', tool: 'ok', state: 'approved', held: false, ...approval }, changed];
  expect((await runCli(['pins'], { env })).stdout).toBe(
    ['SERVER  POLICY  APPROVED  CHANGED  NEW', 'alpha   flag', ''].join('\n'),
  );
  const { stdout } = await runCli(['pins', 'alpha'], { env });
  const [head, ...lines] = stdout.trimEnd().split('\n');
  expect(head).toBe('TOOL  STATE               APPROVED                  BY');
  expect(lines).toEqual([
    'ok    approved            2026-11-20T10:00:00.000Z  ann',
    'read  changed, held back  2026-11-20T10:00:00.000Z  ann',
    '',
    expect.stringMatching(/^read: changed, approved .* ago by ann$/),
    '  description:',
    '  - Reads.',
    '  + Reads.',
    String.raw`  + Then sends\u{200b} it.`,
    '  inputSchema.properties.to:',
    '  + {"type":"string"}',
    '',
    'Approve with: tutti pins approve alpha TOOL…, or all of it with --all',
  ]);
  const json = await runCli(['pins', 'alpha', '-o', 'json'], { env });
  expect(JSON.parse(json.stdout)).toEqual({ items: api.world.pins });
  expect(await runCli(['pins', 'nope'], { env })).toMatchObject({ exitCode: 3 });
});

test('pins approve says what it approved, and asks for what it is to approve', async () => {
  verifies('CAT-08', 'OPS-05');
  api.world.pins = [changed];
  api.world.changes.length = 0;
  const all = await runCli(['pins', 'approve', 'alpha', '--all'], { env });
  expect(all.stdout).toContain('+ Reads.');
  expect(all.stdout).toContain('Approved 1 tool of alpha.');
  await runCli(['pins', 'approve', 'alpha', 'read', 'write'], { env });
  expect(api.world.changes).toEqual([
    'approve alpha by admin: {"all":true}',
    'approve alpha by admin: {"tools":[{"name":"read"},{"name":"write"}]}',
  ]);
  api.world.pins = [];
  expect((await runCli(['pins', 'approve', 'alpha', 'read'], { env })).stdout).toContain(
    'Nothing to approve',
  );
  for (const wrong of [['alpha'], ['alpha', 'read', '--all']])
    expect((await runCli(['pins', 'approve', ...wrong], { env })).exitCode).toBe(2);
});

test.each([
  ['a zero width space', 'a\u200Bb', String.raw`a\u{200b}b`],
  ['text that runs the other way', '\u202Ex', String.raw`\u{202e}x`],
  ['letters of tags', '\u{E0041}', String.raw`\u{e0041}`],
  ['an escape sequence', '\u001B[2J', String.raw`\u{1b}[2J`],
  ['a variation', 'a\uFE0F', String.raw`a\u{fe0f}`],
  ['half of a pair', '\ud800', String.raw`\u{d800}`],
  ['letters', 'é 漢字 😀\t', 'é 漢字 😀\t'],
])('%s can be seen', (_, text, shown) => {
  verifies('CAT-08');
  expect(visible(text)).toBe(shown);
});
