// The examples of the guide are read as they stand there, each under the path that its first line names.

import { readFileSync } from 'node:fs';
import { DEFAULT_GATEWAY_SETTINGS, kindJsonSchemas, type JsonSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../src/resources/read-documents.ts';
import { verifies } from '../../../../test/verifies.ts';

const guide = readGuide('declare-servers');
const limits = readGuide('limits-and-timeouts');
const toolsets = readGuide('toolsets');
const families = readGuide('families');
const git = readGuide('servers-in-git');
const principals = readGuide('who-may-do-what');
const splitting = readGuide('split-work');
const examples = [guide, limits, families, toolsets, git, principals, splitting].flatMap(examplesOf);

describe('the guide', () => {
  test('has examples', () => {
    expect(examples.map(([path]) => path)).toEqual([
      'tutti.yaml',
      'tutti/files.yaml',
      'tutti/gateway.yaml',
      '.mcp.json',
      'tutti/authentik-mcp.json',
      'tutti/codex.toml',
      'tutti.yaml',
      'tutti/kubernetes.yaml',
      'tutti/review.yaml',
      'tutti.yaml',
      'tutti/gateway.yaml',
      'tutti/gateway.yaml',
    ]);
  });

  test.each(examples)('%s is valid', (path, text) => {
    verifies('SRV-01', 'SRV-05');
    const { servers, gateway, toolsets, sources, problems } = readDocuments(`/project/${path}`, text);
    expect(problems).toEqual([]);
    expect(servers.length + toolsets.length + sources.length > 0 || gateway !== undefined).toBe(true);
  });

  test('tells every field of a spec', () => {
    const fields = [...fieldsOf('mcpserver', 'spec'), ...fieldsOf('gateway', 'spec')];
    expect(fields.length).toBeGreaterThan(25);
    expect(fields.filter((field) => !new RegExp(`\`${field}[.\`:]`).test(guide))).toEqual([]);
  });

  test('has a file of an executor that works as it is', () => {
    verifies('SRV-04', 'SRC-02');
    const [, path = '', text = ''] = /`([^`]+)`, for example:\n\n +```json\n([^]*?)```/.exec(git) ?? [];
    const read = readDocuments(`/checkout/${path}`, text);
    expect(read).toMatchObject({ problems: [], servers: [{ name: 'everything' }] });
  });

  test('tells every field of a Source', () => {
    verifies('SRC-02');
    const fields = fieldsOf('source', 'spec', 'git');
    expect(fields.length).toBeGreaterThan(5);
    expect(fields.filter((field) => !git.includes(`\`${field}\``))).toEqual([]);
  });

  test('tells every field of a toolset and of a family', () => {
    verifies('CAT-05', 'FAM-01');
    const told = (text: string) => (field: string) => new RegExp(`\\| \`(?:family\\.)?${field}\``).test(text);
    const fields = fieldsOf('toolset', 'spec');
    expect(fields.length).toBeGreaterThan(5);
    expect(fields.filter((field) => !told(toolsets)(field))).toEqual([]);
    expect(fieldsOf('mcpserver', 'spec', 'family').filter((field) => !told(families)(field))).toEqual([]);
  });

  test('tells every field of keys and policies', () => {
    verifies('SEC-01', 'GW-23');
    const fields = [
      ...fieldsOf('gateway', 'spec', 'auth').map((field) => `auth.${field}`),
      ...fieldsOf('gateway', 'spec', 'auth', 'keys', 'items'),
      ...fieldsOf('gateway', 'spec', 'policies', 'items'),
    ];
    expect(fields.length).toBeGreaterThan(10);
    expect(fields.filter((field) => !principals.includes(`| \`${field}\``))).toEqual([]);
  });

  test('tells every field of models and of coordination', () => {
    verifies('TSK-08', 'TSK-15', 'TSK-11');
    const below = (prefix: string, ...place: readonly string[]) =>
      fieldsOf('gateway', 'spec', ...place).map((field) => `${prefix}${field}`);
    const fields = [
      ...below('', 'models', 'providers', 'items'),
      ...below('', 'coordination'),
      ...below('scheduler.', 'coordination', 'scheduler'),
      ...below('domains.*.', 'coordination', 'domains', 'additionalProperties'),
      ...below('decomposition.', 'coordination', 'decomposition'),
      ...below('evidence.', 'coordination', 'evidence'),
      ...below('evidence.roots[].', 'coordination', 'evidence', 'roots', 'items'),
      ...below('evidence.commands[].', 'coordination', 'evidence', 'commands', 'items'),
      ...below('files.', 'coordination', 'files'),
      ...below('files.roots[].', 'coordination', 'files', 'roots', 'items'),
    ];
    expect(fields.length).toBeGreaterThan(25);
    expect(fields.filter((field) => !splitting.includes(`| \`${field}\``))).toEqual([]);
  });

  test('shows every limit of the gateway with its default', () => {
    verifies('GW-07', 'SES-04');
    const [, text = ''] = examplesOf(limits)[0] ?? [];
    const { gateway } = readDocuments('/project/tutti.yaml', text);
    expect(gateway).toMatchObject({ spec: DEFAULT_GATEWAY_SETTINGS });
    const fields = fieldsOf('gateway', 'spec', 'limits');
    expect(fields.length).toBeGreaterThan(15);
    expect(fields.filter((field) => !text.includes(` ${field}: `))).toEqual([]);
  });
});

function readGuide(name: string): string {
  return readFileSync(new URL(`../../../../docs/guides/${name}.md`, import.meta.url), 'utf8');
}

function examplesOf(text: string) {
  return [...text.matchAll(/^```(?:yaml|json|toml)\n(?:#|\/\/) (\S+)\n([^]*?)^```$/gm)].map(
    ([, path = '', example = '']) => [path, example] as const,
  );
}

/** The fields that a kind has at a place. */
function fieldsOf(kind: string, ...place: readonly string[]): readonly string[] {
  let schema: JsonSchema | undefined = kindJsonSchemas()[kind];
  for (const field of place) {
    const below =
      field === 'items'
        ? schema?.items
        : field === 'additionalProperties'
          ? schema?.additionalProperties
          : schema?.properties?.[field];
    schema = typeof below === 'object' && !Array.isArray(below) ? below : undefined;
  }
  return Object.keys(schema?.properties ?? {});
}
