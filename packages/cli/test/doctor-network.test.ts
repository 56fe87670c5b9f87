import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifies } from '../../../test/verifies.ts';
import { runCli } from './run-cli.ts';

test('doctor says which servers lack a proxy or certificates that are set here, and how to pass them on', async () => {
  verifies('OPS-05');
  const folder = await mkdtemp(join(tmpdir(), 'tutti-doctor-'));
  const servers = {
    a: { command: 'node' },
    b: { command: 'node', env: { HTTPS_PROXY: '${HTTPS_PROXY}' } },
    c: { url: 'http://127.0.0.1:1/mcp' },
  };
  await writeFile(join(folder, '.mcp.json'), JSON.stringify({ mcpServers: servers }));
  const doctor = (env: Readonly<Record<string, string>>) =>
    runCli(['doctor'], { cwd: folder, env: { XDG_STATE_HOME: folder, ...env } });
  const { stdout } = await doctor({ HTTPS_PROXY: 'http://proxy:3128' });
  expect(stdout).toContain('network: HTTPS_PROXY set here, and not passed on to a\n');
  expect(stdout).toContain('env: { HTTPS_PROXY: "${HTTPS_PROXY}" }');
  expect((await doctor({})).stdout).not.toContain('network:');
  await rm(folder, { recursive: true });
});
