import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { MAX_LINE_CHARS } from '../../src/telemetry/clean-line.ts';
import { MAX_PENDING_BYTES } from '../../src/telemetry/log-file.ts';
import { createRedactor } from '../../src/telemetry/redactor.ts';
import {
  createServerLogs,
  formatLogLine,
  MAX_KEPT_CHARS,
  MAX_KEPT_LINES,
  type LogLine,
  type ServerLogs,
} from '../../src/telemetry/server-logs.ts';

const clock = { nowMs: () => Date.UTC(2026, 0, 31, 12), after: () => ({ [Symbol.dispose]() {} }) };

describe('the logs of servers', () => {
  let dir: string;
  let failures: string[];
  let logs: ServerLogs;
  const redactor = createRedactor();
  const open = (more: { maxFileBytes?: number; dir?: string } = {}): ServerLogs =>
    createServerLogs({ dir, clock, redactor, fileFailed: (path) => failures.push(path), ...more });

  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'tutti-logs-')), 'logs');
    failures = [];
    logs = open();
  });
  afterEach(async () => {
    await logs[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);

  it('have time and name in each line, on disk too', async () => {
    verifies('SUP-05', 'SUP-04');
    logs.append('github', 'stdout', 'hello');
    logs.append('github', 'stderr', 'oh');
    expect(logs.tail('github', 2).map(formatLogLine)).toEqual([
      '[2026-01-31T12:00:00.000Z] github: hello',
      '[2026-01-31T12:00:00.000Z] github [ERROR]: oh',
    ]);
    await logs[Symbol.asyncDispose]();
    const path = join(dir, 'github.log');
    expect(readFileSync(path, 'utf8')).toBe(
      '[2026-01-31T12:00:00.000Z] github: hello\n[2026-01-31T12:00:00.000Z] github [ERROR]: oh\n',
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('keep the last 1,000 lines of each server', () => {
    verifies('SUP-04');
    for (let index = 0; index < 2_500; index += 1) logs.append('one', 'stderr', `line ${index}`);
    logs.append('two', 'stderr', 'other');
    expect(MAX_KEPT_LINES).toBe(1_000);
    expect(texts(logs.tail('one', 5_000))).toHaveLength(1_000);
    expect(texts(logs.tail('one', 2))).toEqual(['line 2498', 'line 2499']);
    expect(texts(logs.tail('two', 10))).toEqual(['other']);
    expect(logs.tail('one', 0)).toEqual([]);
    expect(logs.tail('unknown', 10)).toEqual([]);
  });

  it('keep fewer lines when they are long', () => {
    for (let index = 0; index < 1_000; index += 1) logs.append('one', 'stderr', 'x'.repeat(20_000));
    const kept = texts(logs.tail('one', 1_000));
    expect(kept[0]?.length).toBeLessThan(MAX_LINE_CHARS + 20);
    expect(kept.join('').length).toBeLessThanOrEqual(MAX_KEPT_CHARS);
    expect(kept.length).toBeGreaterThan(100);
  });

  it('are fit for a terminal and never hold a secret', async () => {
    verifies('SUP-04');
    redactor.set('one', ['s3cr3t-"value"']);
    expect(
      logs.append('one', 'stderr', '\u001b[31mred\u001b[0m\u0007and s3cr3t-\u001b[1m"value"\u009b\r'),
    ).toBe('red and [secret]');
    logs.append('one', 'stderr', JSON.stringify({ key: 's3cr3t-"value"' }));
    await logs[Symbol.asyncDispose]();
    expect(readFileSync(join(dir, 'one.log'), 'utf8')).not.toContain('s3cr3t');
  });

  it('can be followed', () => {
    verifies('SUP-04');
    const seen: string[] = [];
    const following = logs.follow('one', (line) => seen.push(line.text));
    logs.append('one', 'tutti', 'a');
    logs.append('two', 'tutti', 'b');
    following[Symbol.dispose]();
    logs.append('one', 'tutti', 'c');
    expect(seen).toEqual(['a']);
  });

  it('are rotated, so that the disk holds at most twice the limit', async () => {
    verifies('SUP-04');
    const small = open({ maxFileBytes: 10_000 });
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 20; index += 1) small.append('one', 'stderr', `${round} ${'x'.repeat(80)}`);
      await small[Symbol.asyncDispose]();
    }
    expect(readdirSync(dir).sort()).toEqual(['one.log', 'one.log.1']);
    for (const file of readdirSync(dir)) expect(statSync(join(dir, file)).size).toBeLessThanOrEqual(10_000);
    expect(readFileSync(join(dir, 'one.log'), 'utf8')).toContain('19 xxx');
  });

  it('drop lines that come faster than the disk takes them, and say so', async () => {
    verifies('SUP-06');
    const lines = Math.ceil(MAX_PENDING_BYTES / 1_000) + 100;
    for (let index = 0; index < lines; index += 1) logs.append('one', 'stderr', 'x'.repeat(1_000));
    await logs[Symbol.asyncDispose]();
    const written = readFileSync(join(dir, 'one.log'), 'utf8');
    expect(written.length).toBeLessThan(MAX_PENDING_BYTES + 1_000);
    expect(written).toMatch(/\n\.\.\. \d+ lines were not written/);
  });

  it('go on in memory when the disk fails, and report it once', async () => {
    verifies('SUP-06');
    rmSync(dir, { recursive: true });
    for (let round = 0; round < 3; round += 1) {
      logs.append('one', 'stderr', `line ${round}`);
      await logs[Symbol.asyncDispose]();
    }
    expect(failures).toEqual([join(dir, 'one.log')]);
    expect(texts(logs.tail('one', 3))).toEqual(['line 0', 'line 1', 'line 2']);
  });

  it.each(['../evil', 'a/b', '', '.', 'A', 'x'.repeat(64)])('refuse %j as a name', (name) => {
    expect(() => logs.append(name, 'stderr', 'x')).toThrow(/no log for the server name/);
  });
});
