import { stripVTControlCharacters } from 'node:util';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { aServer } from '../../../server/test/api/fake-api.ts';
import { changeLine, introLines, liveLines } from '../../src/up/render.ts';

const nowMs = Date.parse('2026-11-20T10:00:00.000Z');
const room = { columns: 100, rows: 24, nowMs, stream: new PassThrough() };
const failed = aServer('broken', {
  state: 'Failed',
  nextRetryAfter: '2026-11-20T10:00:04.000Z',
  lastError: 'exit code 1: Error: no such\nfile \u001b[31m/x',
});

describe('the table', () => {
  test('says what every server does, and what happens next to those that do not serve', () => {
    expect(liveLines([aServer('alpha'), failed], [], room)).toEqual([
      'SERVER  STATE    TOOLS  NOTE',
      'alpha   Running  2',
      'broken  Failed   2      retrying in 4 s: exit code 1: Error: no such file /x',
      '',
      '1 of 2 servers ready, 2 tools. Ctrl-C stops everything.',
    ]);
  });

  test('has a column for ports of their own when there are any', () => {
    const own = { ...aServer('alpha'), portUrl: 'http://127.0.0.1:3001' };
    const message = 'port 3002 on 127.0.0.1 is in use; process 7 (nc) has it';
    const taken = aServer('beta', {
      conditions: [{ type: 'PortOpen', status: 'False', reason: 'Unavailable', message }],
    });
    expect(liveLines([own, taken], [], { ...room, columns: 120 }).slice(0, 3)).toEqual([
      'SERVER  STATE    TOOLS  OWN PORT               NOTE',
      'alpha   Running  2      http://127.0.0.1:3001',
      'beta    Running  2                             port 3002 on 127.0.0.1 is in use; process 7 (nc) has it',
    ]);
    const refused = aServer('gamma', {
      conditions: [{ type: 'PortOpen', status: 'False', reason: 'Reserved', message: '3020 is reserved' }],
    });
    expect(liveLines([refused], [], room)[1]).toBe('gamma   Running  2      3020 is reserved');
    expect(changeLine(own, nowMs)).toBe(
      '2026-11-20T10:00:00.000Z alpha: Running, 2 tools, http://127.0.0.1:3001',
    );
  });

  test('fits the terminal: lines are cut, and what needs attention is kept', () => {
    const many = Array.from({ length: 50 }, (_, index) => aServer(`server-${index}`));
    const lines = liveLines([...many, failed], [], { ...room, columns: 30, rows: 12 });
    expect(lines.length).toBeLessThan(12);
    expect(lines.join('\n')).toContain('broken');
    expect(lines.join('\n')).toContain('and 44 more');
    expect(Math.max(...lines.map((line) => stripVTControlCharacters(line).length))).toBeLessThan(30);
  });

  test('shows problems of the declarations with their place', () => {
    const problem = { path: 'tutti.yaml', line: 3, column: 5, message: 'required; add it' } as const;
    const lines = liveLines([], [{ ...problem, field: 'spec.command', severity: 'error' }], room);
    expect(lines).toContain('! tutti.yaml:3:5: spec.command: required; add it');
    expect(lines[0]).toContain('tutti add');
  });
});

test('one line for one change where nothing can be redrawn', () => {
  expect(changeLine(aServer('alpha'), nowMs)).toBe('2026-11-20T10:00:00.000Z alpha: Running, 2 tools');
  expect(changeLine(failed, nowMs)).toBe(
    '2026-11-20T10:00:00.000Z broken: Failed (retrying in 4 s: exit code 1: Error: no such file /x)',
  );
});

test('the introduction has the exact line for each client', () => {
  const lines = introLines('http://127.0.0.1:7400/mcp');
  expect(lines).toContain('  Claude Code  claude mcp add --transport http tutti http://127.0.0.1:7400/mcp');
  expect(lines).toContain('  Codex        codex mcp add tutti --url http://127.0.0.1:7400/mcp');
  expect(lines).toContain(
    `  VS Code      code --add-mcp '{"name":"tutti","type":"http","url":"http://127.0.0.1:7400/mcp"}'`,
  );
  const cursor = lines.find((line) => line.includes('Cursor')) ?? '';
  const config = new URL(cursor.trim().split(/\s+/)[1] ?? '').searchParams.get('config') ?? '';
  expect(JSON.parse(Buffer.from(config, 'base64').toString())).toEqual({ url: 'http://127.0.0.1:7400/mcp' });
});
