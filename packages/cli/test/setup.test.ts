// Commands that work on files: import, connect, validate.

import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { verifies } from '../../../test/verifies.ts';
import { runCli, type CliResult } from './run-cli.ts';

let home: string;
let cwd: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tutti-home-'));
  cwd = join(home, 'project');
  await mkdir(cwd);
});

const run = (...args: string[]): Promise<CliResult> => runCli(args, { cwd, env: { HOME: home } });

async function put(path: string, text: string): Promise<string> {
  const file = join(home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

describe('import', () => {
  test('gives every server of a client a file, never over one that is there', async () => {
    verifies('OPS-05', 'SRV-05');
    const servers = {
      'My Server': { command: 'npx', args: ['-y', 'x'], env: { API_KEY: 'abc', PLAIN: '1' }, cwd: '/srv' },
      docs: { url: 'https://example.com/mcp', headers: { Authorization: 'Bearer ${DOCS}' } },
      tutti: { url: 'http://127.0.0.1:7400/mcp' },
    };
    await put('.cursor/mcp.json', JSON.stringify({ mcpServers: servers }, undefined, 2));
    const first = await run('import', 'cursor');
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toContain('2 servers imported');
    expect(first.stderr).toBe(
      'tutti/my-server.yaml: env.API_KEY holds a secret; better write ${API_KEY} and set that variable\n',
    );
    expect(await readdir(join(cwd, 'tutti'))).toEqual(['docs.yaml', 'my-server.yaml']);
    expect(parseYaml(await readFile(join(cwd, 'tutti/my-server.yaml'), 'utf8'))).toEqual({
      apiVersion: 'tutti.dev/v1alpha1',
      kind: 'MCPServer',
      metadata: { name: 'my-server', annotations: { 'tutti.dev/original-name': 'My Server' } },
      spec: {
        command: 'npx',
        args: ['-y', 'x'],
        env: { API_KEY: 'abc', PLAIN: '1' },
        workdir: '/srv',
      },
    });
    await writeFile(join(cwd, 'tutti/docs.yaml'), 'mine');
    const again = await run('import', 'cursor');
    expect(again.stdout).toContain('docs of');
    expect(again.stdout).toContain('0 servers imported');
    expect(await readFile(join(cwd, 'tutti/docs.yaml'), 'utf8')).toBe('mine');
  });

  test('without a word it takes every client that is found', async () => {
    await put('.claude.json', JSON.stringify({ numStartups: 3, mcpServers: { a: { command: 'a' } } }));
    await put('.codex/config.toml', 'model = "x"\n[mcp_servers.b]\ncommand = "b"\n');
    await put('.config/Code/User/mcp.json', '{ "servers": { "c": { "command": "c" } } }');
    await put('project/.mcp.json', '{ "mcpServers": { "d": { "command": "d" } } }');
    const imported = await run('import');
    expect(imported).toMatchObject({ stdout: expect.stringContaining('4 servers imported'), stderr: '' });
    expect(await readdir(join(cwd, 'tutti'))).toEqual(['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml']);
    expect((await run('validate')).exitCode).toBe(0);
  });

  test('says where it looked when there is nothing, and what is wrong with what there is', async () => {
    const nothing = await run('import', 'vscode');
    expect(nothing.exitCode).toBe(3);
    expect(nothing.stderr).toContain(join(home, '.config/Code/User/mcp.json'));
    const broken = await put('broken.json', '{ "mcpServers": { "x": { "command": 5 } } ');
    const { exitCode, stderr } = await run('import', broken);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${broken}:1:`);
  });
});

describe('connect', () => {
  test.each([
    ['claude-code', 'claude mcp add --transport http tutti http://127.0.0.1:7400/mcp'],
    ['codex', 'codex mcp add tutti --url http://127.0.0.1:7400/mcp'],
    ['vscode', `code --add-mcp '{"name":"tutti","type":"http","url":"http://127.0.0.1:7400/mcp"}'`],
    ['cursor', 'cursor://anysphere.cursor-deeplink/mcp/install?name=tutti&config='],
    ['claude-desktop', '"stdio"'],
  ])('shows how to add Tutti to %s', async (client, line) => {
    verifies('OPS-05');
    const { exitCode, stdout } = await run('connect', client);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(line);
  });

  test('--write edits the file after a backup, once', async () => {
    const before = '{\n  "theme": "dark"\n}\n';
    const file = await put('.claude.json', before);
    expect((await run('connect', 'claude-code', '--write')).exitCode).toBe(0);
    const after = await readFile(file, 'utf8');
    expect(JSON.parse(after)).toEqual({
      theme: 'dark',
      mcpServers: { tutti: { type: 'http', url: 'http://127.0.0.1:7400/mcp' } },
    });
    const backups = (await readdir(home)).filter((name) => name.endsWith('.bak'));
    expect(backups).toHaveLength(1);
    expect(await readFile(join(home, backups[0] ?? ''), 'utf8')).toBe(before);
    expect((await run('connect', 'claude-code', '--write')).stdout).toContain('has Tutti already');
    expect((await readdir(home)).filter((name) => name.endsWith('.bak'))).toHaveLength(1);
  });

  test('--write leaves a file alone that it can not edit safely', async () => {
    const file = await put('.cursor/mcp.json', '{ // mine\n}');
    const { exitCode, stderr } = await run('connect', 'cursor', '--write');
    expect(exitCode).toBe(4);
    expect(stderr).toContain('was not changed');
    expect(await readFile(file, 'utf8')).toBe('{ // mine\n}');
  });
});

describe('validate', () => {
  test('lists what is wrong with file, line and column', async () => {
    verifies('SRC-07');
    await put(
      'project/tutti.yaml',
      'apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata:\n  name: x\nspec:\n  comand: npx\n',
    );
    const { exitCode, stdout, stderr } = await run('validate');
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(stdout).toMatch(/^tutti\.yaml:6:3: spec\.comand: .*`command`/);
    const json = await run('validate', '-o', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      items: [{ path: 'tutti.yaml', line: 6, severity: 'error' }],
    });
  });

  test('what is good, and what is not there', async () => {
    await put(
      'project/tutti.yaml',
      'apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata:\n  name: x\nspec:\n  command: node\n',
    );
    expect(await run('validate')).toMatchObject({ exitCode: 0, stdout: '1 server, no errors\n' });
    expect((await run('validate', 'nope.yaml')).exitCode).toBe(2);
    const empty = await runCli(['validate'], { cwd: home });
    expect(empty.exitCode).toBe(2);
    expect(empty.stderr).toContain('tutti init');
  });
});
