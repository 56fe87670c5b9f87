import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'smol-toml';
import { editJson, editToml } from '../../src/clients/edit-config.ts';

const edit = { serversKey: 'mcpServers', name: 'tutti', entry: { url: 'http://127.0.0.1:7400/mcp' } };
const tomlEdit = { ...edit, serversKey: 'mcp_servers' };

function textOf(outcome: ReturnType<typeof editJson>): string {
  if (outcome.kind !== 'edited') throw new Error(outcome.kind);
  return outcome.text;
}

describe('JSON', () => {
  test('keeps everything else, and the indent', () => {
    const before =
      '{\n    "theme": "dark",\n    "mcpServers": {\n        "mine": { "command": "x" }\n    }\n}\n';
    const after = textOf(editJson(before, edit));
    expect(after).toContain('\n    "theme": "dark"');
    expect(JSON.parse(after)).toEqual({
      theme: 'dark',
      mcpServers: { mine: { command: 'x' }, tutti: edit.entry },
    });
    expect(editJson(after, edit)).toEqual({ kind: 'unchanged' });
  });

  test('starts a file that is not there or empty', () => {
    for (const before of [undefined, '', ' \n']) {
      expect(JSON.parse(textOf(editJson(before, edit)))).toEqual({ mcpServers: { tutti: edit.entry } });
    }
  });

  test.each(['{ // comment\n}', '[]', '{"mcpServers": 5}', '{"a":'])('refuses %s', (before) => {
    expect(editJson(before, edit).kind).toBe('refused');
  });

  test('whatever the file holds is in it afterwards', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (before) => {
        fc.pre(!('mcpServers' in before));
        const after: unknown = JSON.parse(textOf(editJson(JSON.stringify(before), edit)));
        expect(after).toEqual({ ...JSON.parse(JSON.stringify(before)), mcpServers: { tutti: edit.entry } });
      }),
    );
  });
});

describe('TOML', () => {
  test('adds a table at the end and leaves the text before it alone', () => {
    const before = '# mine\nmodel = "x"\n\n[mcp_servers.mine]\ncommand = "y" # why\n';
    const after = textOf(editToml(before, tomlEdit));
    expect(after.startsWith(before)).toBe(true);
    expect(parse(after)).toEqual({
      model: 'x',
      mcp_servers: { mine: { command: 'y' }, tutti: edit.entry },
    });
    expect(editToml(after, tomlEdit)).toEqual({ kind: 'unchanged' });
  });

  test('never rewrites a table that says something else', () => {
    expect(editToml('[mcp_servers.tutti]\nurl = "http://other"\n', tomlEdit).kind).toBe('refused');
    expect(editToml('= broken', tomlEdit).kind).toBe('refused');
    expect(parse(textOf(editToml(undefined, tomlEdit)))).toEqual({ mcp_servers: { tutti: edit.entry } });
  });

  test('refuses a file that the table would break', () => {
    expect(editToml('mcp_servers = { mine = { command = "y" } }\n', tomlEdit).kind).toBe('refused');
  });
});
