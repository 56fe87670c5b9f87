import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { imported, read } from './read-file.ts';

describe('server.json', () => {
  const base = { name: 'io.github.user/weather', description: 'Weather', version: '1.0.2' };

  test.each([
    [
      'npm',
      { registryType: 'npm', identifier: '@u/w', version: '1.0.2', transport: { type: 'stdio' } },
      { type: 'stdio', command: 'npx', args: ['-y', '@u/w@1.0.2'] },
    ],
    [
      'pypi with arguments',
      {
        registryType: 'pypi',
        identifier: 'w',
        version: '2.0.0',
        packageArguments: [
          { type: 'positional', value: 'serve' },
          { type: 'named', name: '--key', value: 'k={key}', variables: { key: { isRequired: true } } },
          { type: 'named', name: '--level', default: 'info' },
          { type: 'positional', valueHint: 'file_path', isRequired: true },
          { type: 'named', name: '--flag' },
        ],
      },
      {
        command: 'uvx',
        args: ['w@2.0.0', 'serve', '--key', 'k=${KEY}', '--level', 'info', '${FILE_PATH}', '--flag'],
      },
    ],
    [
      'oci with environment',
      {
        registryType: 'oci',
        identifier: 'docker.io/u/w:1.0.2',
        runtimeArguments: [{ type: 'named', name: '--network', value: 'none' }],
        environmentVariables: [
          { name: 'API_KEY', isRequired: true, isSecret: true },
          { name: 'MODE', default: 'fast' },
          { name: 'FIXED', value: '${x}' },
          { name: 'OPTIONAL' },
        ],
      },
      {
        command: 'docker',
        args: [
          'run',
          '-i',
          '--rm',
          '--network',
          'none',
          '-e',
          'API_KEY',
          '-e',
          'MODE',
          '-e',
          'FIXED',
          'docker.io/u/w:1.0.2',
        ],
        env: { API_KEY: '${API_KEY}', MODE: '${MODE:-fast}', FIXED: '$${x}' },
      },
    ],
    [
      'nuget',
      { registryType: 'nuget', identifier: 'U.W', version: '0.1.0' },
      { command: 'dnx', args: ['U.W@0.1.0', '--yes'] },
    ],
    [
      'npm over HTTP, as the older snake_case',
      {
        registry_name: 'npm',
        name: 'w',
        version: '1.0.0',
        runtime_hint: 'bunx',
        environment_variables: [{ name: 'A', is_required: true }],
        transport: { type: 'streamable-http', url: 'http://localhost:8080/mcp' },
      },
      {
        type: 'streamable-http',
        command: 'bunx',
        args: ['-y', 'w@1.0.0'],
        env: { A: '${A}' },
        httpPort: 8080,
      },
    ],
  ])('%s', (_title, entry, spec) => {
    verifies('SRV-05');
    const file = { ...base, packages: [{ registryType: 'mcpb', identifier: 'https://x/w.mcpb' }, entry] };
    const { servers, problems } = read('/x/server.json', file);
    expect(problems).toEqual([]);
    expect(servers['io-github-user-weather']).toMatchObject({
      annotations: { 'tutti.dev/original-name': 'io.github.user/weather' },
      spec: { description: 'Weather', ...spec },
    });
    expect(imported(servers['io-github-user-weather'])).toEqual({ format: 'server-json', fields: file });
  });

  test('a remote, as the registry answers it', () => {
    verifies('SRV-05');
    const { servers, problems } = read('/x/server.json', {
      server: {
        ...base,
        remotes: [
          {
            type: 'streamable-http',
            url: 'https://{tenant}.example/mcp',
            variables: { tenant: { default: 'main' } },
            headers: [{ name: 'X-Key', isRequired: true, isSecret: true }],
          },
        ],
      },
      _meta: {},
    });
    expect(problems).toEqual([]);
    expect(servers['io-github-user-weather']?.spec).toMatchObject({
      type: 'streamable-http',
      url: 'https://${TENANT:-main}.example/mcp',
      headers: { 'X-Key': '${X_KEY}' },
    });
  });

  test('without a way to start it', () => {
    verifies('SRV-05');
    const file = { ...base, packages: [{ registryType: 'mcpb', identifier: 'https://x/w.mcpb' }] };
    expect(read('/x/server.json', file).problems).toEqual([
      '/x/server.json:5:3: warning: packages: no package that this version can start (mcpb); it starts npm, pypi, oci and nuget',
      '/x/server.json:1:1: neither `command` nor `url` is here; a server needs one of them',
    ]);
  });
});
