import { explainIssues, kindJsonSchemas, toolsetDocumentSchema, toolsetSpecSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';

function issuesOf(spec: unknown, name = 'dev'): string[] {
  const document = { apiVersion: 'tutti.dev/v1alpha1', kind: 'Toolset', metadata: { name }, spec };
  const checked = toolsetDocumentSchema.safeParse(document);
  if (checked.success) return [];
  return explainIssues(checked.error, document, toolsetDocumentSchema).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

describe('a Toolset spec', () => {
  test('that says nothing shows all tools of all servers', () => {
    verifies('CAT-05');
    expect(toolsetSpecSchema.parse({})).toEqual({
      servers: ['*'],
      tools: [{ server: '*', tool: '*' }],
      exclude: [],
      prompts: [],
      resources: [],
    });
  });

  test('keeps what is written', () => {
    verifies('CAT-05');
    const spec = {
      description: 'For the team',
      servers: ['git-*'],
      tools: [{ server: 'git-a', tool: 'log', as: 'history' }, { tool: 's*' }],
      exclude: [{ tool: 'push' }],
      prompts: true,
      resources: ['file:///*'],
    };
    expect(toolsetSpecSchema.parse(spec)).toEqual({
      ...spec,
      tools: [
        { server: 'git-a', tool: 'log', as: 'history' },
        { server: '*', tool: 's*' },
      ],
      exclude: [{ server: '*', tool: 'push' }],
      prompts: ['*'],
    });
  });

  test.each([
    [{ server: ['a'] }, 'spec.server: not a known field; did you mean `servers`?'],
    [{ servers: [] }, 'spec.servers: must not be empty'],
    [{ tools: ['log'] }, 'spec.tools.0: must be a map, but is text'],
    [{ tools: [{ name: 'log' }] }, 'spec.tools.0.name: not a known field; known here: server, tool, as'],
    [
      { tools: [{ as: 'my tool' }] },
      'spec.tools.0.as: may hold letters, digits, `_`, `.`, `-`, and `{server}` and `{tool}` for the names of these',
    ],
    [{ tools: [{ as: '{name}' }] }, expect.stringContaining('spec.tools.0.as: may hold')],
    [{ exclude: [{ as: 'x' }] }, 'spec.exclude.0.as: not a known field; known here: server, tool'],
    [{ prompts: 'all' }, 'spec.prompts: must be `true`, `false` or a list of globs'],
  ])('is refused in plain words: %j', (spec, issue) => {
    verifies('CAT-05', 'SRC-05');
    expect(issuesOf(spec)).toEqual([issue]);
  });

  test('has a name that fits its url', () => {
    verifies('CAT-05');
    expect(issuesOf({}, 'My Tools')[0]).toContain('metadata.name: not a valid name');
  });

  test('has a JSON Schema that says what people write', () => {
    verifies('SRC-07');
    const spec = kindJsonSchemas()['toolset']?.properties?.['spec'];
    expect(spec).toMatchObject({ additionalProperties: false });
    expect(spec).not.toHaveProperty('required');
  });
});
