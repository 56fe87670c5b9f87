// The examples of the guide are read as they stand there, each under the path that its first line names.

import { readFileSync } from 'node:fs';
import { kindJsonSchemas } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../src/resources/read-documents.ts';
import { verifies } from '../../../../test/verifies.ts';

const guide = readFileSync(new URL('../../../../docs/guides/declare-servers.md', import.meta.url), 'utf8');
const examples = [...guide.matchAll(/^```(?:yaml|json|toml)\n(?:#|\/\/) (\S+)\n([^]*?)^```$/gm)].map(
  ([, path = '', text = '']) => [path, text] as const,
);

describe('the guide', () => {
  test('has examples', () => {
    expect(examples.map(([path]) => path)).toEqual([
      'tutti.yaml',
      'tutti/files.yaml',
      '.mcp.json',
      'tutti/authentik-mcp.json',
      'tutti/codex.toml',
    ]);
  });

  test.each(examples)('%s is valid', (path, text) => {
    verifies('SRV-01', 'SRV-05');
    const { servers, problems } = readDocuments(`/project/${path}`, text);
    expect(problems).toEqual([]);
    expect(servers).not.toEqual([]);
  });

  test('tells every field of a spec', () => {
    const schema = kindJsonSchemas()['mcpserver']?.properties?.['spec'];
    const fields = typeof schema === 'object' ? Object.keys(schema.properties ?? {}) : [];
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter((field) => !new RegExp(`\`${field}[.\`:]`).test(guide))).toEqual([]);
  });
});
