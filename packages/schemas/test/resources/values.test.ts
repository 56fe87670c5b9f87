import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatDuration,
  isToolAllowed,
  kindJsonSchemas,
  matchesGlob,
  MAX_NAME_LENGTH,
  parseByteSize,
  parseDurationMs,
  RESERVED_NAMES,
  serverName,
  toServerName,
} from '@tutti/schemas';
import { verifies } from '../../../../test/verifies.ts';

describe('durations', () => {
  test.each<[string | number, number | undefined]>([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    [30, 30_000],
    [0.25, 250],
    ['30', undefined],
    ['30 s', undefined],
    ['-1s', undefined],
    ['1d', undefined],
    ['', undefined],
  ])('%j is %j ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  test('are written so that they read back', () => {
    fc.assert(fc.property(fc.nat(), (ms) => parseDurationMs(formatDuration(ms)) === ms));
  });
});

test.each<[string | number, number | undefined]>([
  ['512Mi', 536_870_912],
  ['1Gi', 1_073_741_824],
  ['1.5Ki', 1_536],
  ['20M', 20_000_000],
  ['100', 100],
  [100, 100],
  ['1 Gi', undefined],
  ['1gb', undefined],
])('the size %j is %j bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

describe('names', () => {
  test.each([
    ['fetch', 'fetch'],
    ['My Server', 'my-server'],
    ['io.github.user/weather', 'io-github-user-weather'],
    ['__a__b__', 'a-b'],
    ['Ünïcode', 'n-code'],
    ['x'.repeat(70), 'x'.repeat(63)],
    ['!!!', undefined],
    ['', undefined],
  ])('%j becomes %j', (foreign, name) => {
    verifies('SRV-05');
    expect(toServerName(foreign)).toBe(name);
  });

  test('the rule gives valid names, and leaves valid names alone', () => {
    verifies('SRV-05');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (foreign) => {
        const name = toServerName(foreign);
        if (name === undefined) return !/[a-z0-9]/.test(foreign.toLowerCase());
        const isValid = serverName.safeParse(name).success || RESERVED_NAMES.includes(name);
        return isValid && name.length <= MAX_NAME_LENGTH && toServerName(name) === name;
      }),
    );
  });

  test.each(['Fetch', '-a', 'a-', 'a.b', 'a_b', '', 'sets', 'tutti', 'a'.repeat(64)])(
    '%j is refused',
    (name) => {
      verifies('SRV-01');
      expect(serverName.safeParse(name).success).toBe(false);
    },
  );
});

describe('a tool filter', () => {
  test.each([
    [undefined, 'anything', true],
    [{ mode: 'allow', patterns: [] }, 'read', false],
    [{ mode: 'deny', patterns: [] }, 'read', true],
    [{ mode: 'allow', patterns: ['read', 'list_*'] }, 'list_files', true],
    [{ mode: 'allow', patterns: ['read', 'list_*'] }, 'write', false],
    [{ mode: 'deny', patterns: ['*delete*'] }, 'bulk_delete_all', false],
    [{ mode: 'deny', patterns: ['*delete*'] }, 'read', true],
    [{ mode: 'allow', patterns: ['get_?'] }, 'get_a', true],
    [{ mode: 'allow', patterns: ['get_?'] }, 'get_ab', false],
    [{ mode: 'allow', patterns: ['get.x'] }, 'getax', false],
  ] as const)('%j and %s: %j', (filter, tool, allowed) => {
    verifies('SRV-11');
    expect(isToolAllowed(filter, tool)).toBe(allowed);
  });

  test('matches as a regular expression would', () => {
    verifies('SRV-11');
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 });
    fc.assert(
      fc.property(texts, texts, (pattern, text) => {
        const source = pattern.replaceAll('*', '[^]*').replaceAll(/\?(?!\])/g, '[^]');
        return matchesGlob(pattern, text) === new RegExp(`^(?:${source})$`).test(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is not slow for any pattern', () => {
    expect(matchesGlob(`${'*a'.repeat(50)}b`, 'a'.repeat(5_000))).toBe(false);
  });
});

test('a JSON Schema describes what people write', () => {
  verifies('SRC-07');
  expect(kindJsonSchemas()['mcpserver']).toMatchObject({
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    additionalProperties: false,
    properties: { spec: { properties: { timeout: { default: '30s' } }, additionalProperties: false } },
  });
});
