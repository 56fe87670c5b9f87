// Calls of tools that are made for a task carry the claim on it, and have no effect any more once it is over.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';
import type { TestProcess } from '../support/process.ts';
import { modernRequest, openLegacy, type RawAnswer } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { ANNA, BERT, callerWith, startWorkGateway } from './work-world.ts';
import { startAgent, workerWorld } from './worker-world.ts';

const GIVES_UP_MS = 180_000;
const SERVER = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server-filesystem/package.json')),
  'dist/index.js',
);

let gateway: Gateway;
let written = '';

beforeAll(async () => {
  gateway = await startWorkGateway({
    servers: { files: { command: process.execPath, args: [SERVER, '.'] } },
  });
  written = join(gateway.configPath, 'written.txt');
  await mkdir(dirname(written), { recursive: true });
}, 120_000);
afterAll(() => gateway.close(), 60_000);

const authorized = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

interface Write {
  readonly content: string;
  /** JSON text of the claim. */
  readonly claim: string;
}

const params = ({ content, claim }: Write, meta = ''): string =>
  `{"name":"files_write_file","arguments":${JSON.stringify({ path: written, content })}${meta.replace('CLAIM', claim)}}`;

const WAYS: Readonly<Record<string, (write: Write, key: string) => Promise<RawAnswer>>> = {
  'the new era': (write, key) =>
    modernRequest(gateway.mcpUrl, 'tools/call', params(write), {
      ...authorized(key),
      meta: `"dev.tutti/claim":${write.claim}`,
    }),
  'a call_tool': ({ content, claim }, key) => {
    const inner = { name: 'files_write_file', arguments: { path: written, content } };
    const call = JSON.stringify({ name: 'call_tool', arguments: inner });
    const meta = `"dev.tutti/claim":${claim}`;
    return modernRequest(`${gateway.mcpUrl}?mode=search`, 'tools/call', call, { ...authorized(key), meta });
  },
  'the old era': async (write, key) => {
    const client = await openLegacy(gateway.mcpUrl, authorized(key));
    return await client.request('tools/call', params(write, ',"_meta":{"dev.tutti/claim":CLAIM}'));
  },
};

describe.each(Object.entries(WAYS))('a call that carries a claim, in %s', (era, write) => {
  const agent = `writer-${era.split(' ')[1]}`;
  const other = `other-${era.split(' ')[1]}`;

  test('has its effect as long as the claim is in force', { timeout: GIVES_UP_MS }, async () => {
    verifies('TSK-04');
    const api = callerWith(gateway, ANNA);
    for (const id of [agent, other]) await api('POST', '/agents', { id, capabilities: [id] });
    const work = { id: `task-${agent}`, description: 'Write it.', required_capabilities: [agent] };
    await api('POST', '/tasks', work);
    expect(await api('POST', `/agents/${agent}/next`, { wait_seconds: 45 })).toMatchObject({
      body: { claim: 1 },
    });
    const first = { task_id: work.id, claim: 1 };
    const attempt = async (content: string, claim: unknown, key = ANNA): Promise<string> => {
      const { result, error } = await write({ content, claim: JSON.stringify(claim) }, key);
      return error ?? result ?? '';
    };
    const content = (): Promise<string> => readFile(written, 'utf8');

    expect(await attempt('by the holder', first)).toContain('Successfully wrote');
    expect(await attempt('by a claim that never was', { ...first, claim: 2 })).toContain('stale_claim');
    expect(await attempt('for no task', { task_id: 'none', claim: 1 })).toContain('There is no task none');
    expect(await attempt('by somebody else', first, BERT)).toContain('another principal');
    for (const odd of [
      null,
      [],
      'x',
      {},
      { task_id: work.id },
      { ...first, claim: '1' },
      { ...first, claim: 0 },
    ])
      expect(await attempt('oddly', odd)).toContain('params._meta[\\"dev.tutti/claim\\"] must be');
    expect(await content()).toBe('by the holder');

    await api('POST', `/tasks/${work.id}/release`, { agent_id: agent, claim: 1 });
    expect(await attempt('after it gave it back', first)).toMatch(
      /"code":-32600.*it is offered again.*stale_claim/s,
    );
    await api('POST', `/agents/${agent}/next`, { wait_seconds: 45 });
    expect(await attempt('by the claim before', first)).toContain('stale_claim');
    expect(await attempt('by the next holder', { ...first, claim: 2 })).toContain('Successfully wrote');
    expect(await content()).toBe('by the next holder');
    await api('POST', `/tasks/${work.id}/cancel`, {});
    expect(await attempt('after the end', { ...first, claim: 2 })).toContain('already_done');
    expect(await content()).toBe('by the next holder');
  });
});

test('a holder that hung and wakes up writes nothing any more', { timeout: GIVES_UP_MS }, async () => {
  verifies('TSK-04', 'AGT-05');
  // Writes for its task until it is told to stop, and once more then, whatever its signal says.
  const plugin = join(gateway.folder, 'writer.mjs');
  await writeFile(
    plugin,
    `import { appendFileSync, existsSync } from 'node:fs';
    import { setTimeout as pause } from 'node:timers/promises';
    const { AGENT_NAME: me, MCP_URL: url, TUTTI_TOKEN: key, WRITTEN: path } = process.env;
    const V = 'io.modelcontextprotocol/';
    export const executor = {
      capabilities: ['write'], tags: [],
      async execute(task, signal) {
        for (let n = 1, last = false; !last && !existsSync('stop-' + me); n++) {
          last = signal.aborted;
          const _meta = { [V + 'protocolVersion']: '2026-07-28', [V + 'clientInfo']: { name: me, version: '1' },
            [V + 'clientCapabilities']: {}, 'dev.tutti/claim': { task_id: task.id, claim: task.claim } };
          const params = { name: 'files_write_file', arguments: { path, content: me }, _meta };
          const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: n, method: 'tools/call', params }),
            headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
              'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': params.name } }).then((r) => r.text(), String);
          appendFileSync('log-' + me, (/"kind":"([a-z_]+)"/.exec(answer)?.[1] ?? (answer.includes('Successfully') ? 'wrote' : answer)) + '\\n');
          await pause(20);
        }
        return { success: true };
      },
    };`,
  );
  const world = workerWorld(gateway, ANNA);
  const start = (name: string) =>
    startAgent(gateway, ['--plugin', plugin], {
      AGENT_NAME: name,
      TUTTI_TOKEN: ANNA,
      MCP_URL: gateway.mcpUrl,
      WRITTEN: written,
    });
  const log = async (name: string): Promise<readonly string[]> =>
    (await readFile(join(gateway.folder, `log-${name}`), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const writes = async (name: string, agent: TestProcess): Promise<void> => {
    const wrote = async () => (await log(name)).includes('wrote');
    await eventually(wrote, { timeoutMs: 60_000 }).catch(async (error: unknown) => {
      throw new Error(`${name} wrote nothing: ${agent.output()} ${String(await log(name))}`, {
        cause: error,
      });
    });
  };

  await using sleeper = start('sleeper');
  const { id } = await world.submit({ required_capabilities: ['write'] });
  await writes('sleeper', sleeper);
  sleeper.child.kill('SIGSTOP');
  await using heir = start('heir');
  await world.taskThat(id, ({ assigned_agent_id: by, status }) => by === 'heir' && status === 'in_progress');
  await writes('heir', heir);
  // Its writes are over when nobody else writes.
  await writeFile(join(gateway.folder, 'stop-heir'), '');
  await world.ended(id);
  expect(await readFile(written, 'utf8')).toBe('heir');
  sleeper.child.kill('SIGCONT');
  // What it was answered before it hung may still be read first.
  const refused = await eventually(
    async () => {
      const lines = await log('sleeper');
      return lines.some((line) => line !== 'wrote') && lines;
    },
    { timeoutMs: 60_000, what: 'a refusal' },
  );
  expect(refused.at(-1)).toBe('stale_claim');
  await eventually(() => sleeper.output().includes(`${id}: lost`), { timeoutMs: 60_000 });
  const lines = await log('sleeper');
  expect(lines.slice(lines.indexOf('stale_claim'))).not.toContain('wrote');
  expect(await readFile(written, 'utf8')).toBe('heir');
});
