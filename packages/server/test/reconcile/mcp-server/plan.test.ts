import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { ServerEntry } from '../../../src/snapshot/types.ts';
import { found, tools } from '../../snapshot/found.ts';
import type { DeclaredOptions } from './declared.ts';
import { createModel, server } from './plan-model.ts';

describe('a server', () => {
  test('is dialled when it is declared, and that is published', () => {
    verifies('SUP-10');
    const model = createModel();
    expect(model.kinds()).toEqual(['declare', 'dial', 'publish']);
    expect(model.published()).toMatchObject({
      name: 'git',
      configDigest: 'identity-1',
      transport: 'stdio',
      admission: { kind: 'dial', attempt: 1 },
      limits: { callTimeoutMs: 30_000, startupTimeoutMs: 15_000, maxInFlight: 64 },
    });
  });

  test('that is declared no more is removed, once', () => {
    const model = createModel();
    model.pass();
    model.remove();
    expect(model.kinds()).toEqual(['remove']);
    expect(model.kinds()).toEqual([]);
  });

  test.each<[string, DeclaredOptions, string, string]>([
    ['suspended', { spec: { suspended: true } }, 'Suspended', 'tutti resume'],
    ['not to start by itself', { spec: { autoStart: false } }, 'Stopped', 'tutti restart git'],
    [
      'remote and not to start by itself',
      { spec: { autoStart: false, url: 'http://h/mcp' } },
      'Disconnected',
      'tutti restart git',
    ],
    ['without values for its variables', { unresolved: ['API_KEY', 'HOST'] }, 'Blocked', 'API_KEY, HOST'],
  ])('that is %s is held', (_, options, state, says) => {
    verifies('SRV-09', 'SRV-06');
    const model = createModel(options);
    expect(model.kinds()).toEqual(['declare', 'hold', 'publish']);
    expect(model.published()?.admission).toEqual({
      kind: 'hold',
      state,
      reason: expect.stringContaining(says),
      retryAtMs: undefined,
    });
    model.declare({
      ...(options.spec?.url === undefined ? {} : { spec: { url: options.spec.url } }),
      generation: 2,
    });
    expect(model.kinds()).toContain('dial');
  });

  test('that does not start by itself starts on command', () => {
    const model = createModel({ spec: { autoStart: false } });
    model.pass();
    model.record({ kind: 'restart_requested' });
    expect(model.kinds()).toEqual(['dial', 'publish']);
  });

  test('is started anew on command, even when it runs', () => {
    const model = createModel();
    model.pass();
    model.ready();
    model.pass();
    model.record({ kind: 'restart_requested' });
    model.pass();
    expect(model.published()?.admission).toEqual({ kind: 'dial', attempt: 2 });
  });
});

describe('a server that starts on demand', () => {
  const spec = { start: 'onDemand', idleTimeout: '1h' } as const;

  test('rests until it is wanted, and again when it is not needed any more', () => {
    verifies('SRV-13');
    const model = createModel({ spec });
    expect(model.kinds()).toEqual(['declare', 'rest', 'publish']);
    expect(model.published()).toMatchObject({
      admission: { kind: 'rest', state: 'Stopped' },
      idle: { unusedMs: 120_000, usedMs: 3_600_000 },
    });
    model.record({ kind: 'wanted', server });
    expect(model.kinds()).toEqual(['dial', 'publish']);
    model.ready();
    model.pass();
    model.crash('idle');
    expect(model.kinds()).toEqual(['rest', 'publish']);
    expect(model.observed()).toMatchObject({ restarts: 0, failures: 0 });
  });

  test('stays listed while it rests', () => {
    verifies('SRV-13', 'CAT-04');
    const model = createModel({ spec });
    model.pass();
    model.record({ kind: 'wanted', server });
    model.pass();
    model.ready();
    model.record({
      kind: 'discovered',
      server,
      configDigest: 'identity-1',
      found: found({ tools: tools('add') }),
    });
    model.pass();
    model.crash('idle');
    model.pass();
    expect(model.published()?.segment?.tools).toHaveLength(1);
  });

  test('that fails is not tried again before it is wanted, and not before its time', () => {
    verifies('SRV-13', 'SUP-02');
    const model = createModel({ spec });
    model.pass();
    model.record({ kind: 'wanted', server });
    model.pass();
    model.crash();
    model.pass();
    expect(model.published()?.admission).toMatchObject({ kind: 'hold', state: 'Failed' });
    model.advance(1_000);
    expect(model.kinds()).toEqual(['rest', 'publish']);
    model.record({ kind: 'wanted', server });
    model.pass();
    model.crash();
    expect(model.observed().failures).toBe(2);
  });

  test('is started by a change of its identity only when it runs', () => {
    const model = createModel({ spec });
    model.pass();
    model.declare({ spec, identityDigest: 'identity-2', generation: 2 });
    expect(model.kinds()).not.toContain('dial');
  });
});

describe('a server that does not start by itself', () => {
  test('runs for a while when it is to be looked at, and is not listed', () => {
    verifies('CAT-04');
    const model = createModel({ spec: { autoStart: false } });
    model.pass();
    model.record({ kind: 'wanted', server });
    expect(model.kinds()).toEqual(['dial', 'publish']);
    expect(model.published()?.idle).toEqual({ unusedMs: 120_000, usedMs: 120_000 });
    model.ready();
    model.record({
      kind: 'discovered',
      server,
      configDigest: 'identity-1',
      found: found({ tools: tools('add') }),
    });
    model.pass();
    expect(model.published()?.segment).toBeUndefined();
    model.crash('idle');
    model.pass();
    expect(model.published()?.admission).toMatchObject({ kind: 'hold', state: 'Stopped' });
    expect(model.observed().catalogued?.segment.tools).toHaveLength(1);
  });
});

describe('a failure', () => {
  test('is followed by a delay that grows, and then by the next attempt', () => {
    verifies('SUP-02');
    const model = createModel();
    model.pass();
    const delays: number[] = [];
    for (let failure = 1; failure <= 11; failure++) {
      model.crash();
      model.pass();
      const { wakeAtMs = 0 } = model.planned();
      const delayMs = wakeAtMs - model.now();
      delays.push(delayMs);
      expect(model.published()?.admission).toEqual({
        kind: 'hold',
        state: 'Failed',
        reason: 'it broke',
        retryAtMs: wakeAtMs,
      });
      model.advance(delayMs - 1);
      expect(model.kinds()).toEqual([]);
      model.advance(1);
      expect(model.kinds()).toEqual(['dial', 'publish']);
    }
    const doubled = Array.from({ length: 9 }, (_, index) => 1_000 * 2 ** index);
    expect(delays).toEqual([...doubled, 300_000, 300_000]);
  });

  test('after a minute of health is the first again', () => {
    verifies('SUP-02');
    const model = createModel();
    model.pass();
    for (let failure = 0; failure < 5; failure++) {
      model.crash();
      model.advance(300_000);
      model.pass();
    }
    model.ready();
    model.advance(60_000);
    model.crash();
    expect((model.planned().wakeAtMs ?? 0) - model.now()).toBe(1_000);
  });

  test.each([0, 1, 3])(
    'with maxAttempts %i is final after so many restarts, until a command',
    (maxAttempts) => {
      verifies('SUP-02');
      const model = createModel({ spec: { restart: { maxAttempts } } });
      model.pass();
      for (let restart = 0; restart < maxAttempts; restart++) {
        model.crash();
        model.advance(300_000);
        expect(model.kinds()).toContain('dial');
      }
      model.crash();
      model.advance(3_600_000);
      expect(model.kinds()).toEqual(['hold', 'publish']);
      expect(model.planned().wakeAtMs).toBeUndefined();
      expect(model.published()?.admission).toMatchObject({
        kind: 'hold',
        state: 'Failed',
        retryAtMs: undefined,
        reason: expect.stringContaining('tutti restart git'),
      });
      model.record({ kind: 'restart_requested' });
      expect(model.kinds()).toContain('dial');
    },
  );

  test.each([
    ['exited', 'Disconnected'],
    ['lost', 'Disconnected'],
    ['handshake', 'Failed'],
    ['auth_required', 'Auth Required'],
  ] as const)('of a remote server that %s is called %s', (kind, state) => {
    verifies('SRV-09');
    const model = createModel({ spec: { url: 'http://h/mcp' } });
    model.pass();
    model.crash(kind);
    model.pass();
    expect(model.published()?.admission).toMatchObject({ kind: 'hold', state });
  });

  test('for want of a login is not hammered, and never final', () => {
    const model = createModel({ spec: { url: 'http://h/mcp', restart: { maxAttempts: 1 } } });
    model.pass();
    for (let round = 0; round < 3; round++) {
      model.crash('auth_required');
      expect((model.planned().wakeAtMs ?? 0) - model.now()).toBe(300_000);
      model.advance(300_000);
      expect(model.kinds()).toContain('dial');
    }
  });
});

describe('a change of the declaration', () => {
  test('of what identifies the process restarts it at once, whatever the backoff', () => {
    verifies('SUP-10', 'SUP-02');
    const model = createModel();
    model.pass();
    for (let failure = 0; failure < 5; failure++) {
      model.crash();
      model.advance(300_000);
      model.pass();
    }
    model.crash();
    model.pass();
    model.declare({ identityDigest: 'identity-2', generation: 2 });
    model.pass();
    expect(model.published()).toMatchObject({
      configDigest: 'identity-2',
      admission: { kind: 'dial', attempt: 7 },
    });
    model.crash();
    expect((model.planned().wakeAtMs ?? 0) - model.now()).toBe(1_000);
  });

  test.each([
    ['description', { description: 'new' }, false],
    ['timeout', { timeout: '5s' }, true],
    ['limits', { limits: { maxInFlight: 1 } }, true],
    ['toolFilter', { toolFilter: { mode: 'deny', patterns: ['a'] } }, true],
    ['toolPrefix', { toolPrefix: 'g' }, true],
    ['restart', { restart: { max: '1m' } }, false],
    ['metadata', { metadata: { x: 1 } }, false],
  ] satisfies [string, DeclaredOptions['spec'], boolean][])(
    'of %s never restarts it',
    (_, spec, isPublished) => {
      verifies('SUP-10');
      const model = createModel();
      model.pass();
      model.ready();
      model.record({
        kind: 'discovered',
        server,
        configDigest: 'identity-1',
        found: found({ tools: tools('a') }),
      });
      model.pass();
      model.declare({ spec, generation: 2 });
      const kinds = model.kinds();
      expect(kinds).not.toContain('dial');
      expect(kinds.includes('publish')).toBe(isPublished);
      expect(model.published()?.admission).toEqual({ kind: 'dial', attempt: 1 });
    },
  );
});

describe('what is listed', () => {
  const lists = found({ tools: tools('a') });
  const listed = (entry: ServerEntry | undefined) =>
    entry?.segment?.tools.map(({ exposedName }) => exposedName);

  function discovered() {
    const model = createModel();
    model.pass();
    model.ready();
    model.record({ kind: 'discovered', server, configDigest: 'identity-1', found: lists });
    model.pass();
    return model;
  }

  test('is what was discovered, and from the cache until then', () => {
    verifies('CAT-04');
    const model = createModel();
    model.record({ kind: 'loaded', configDigest: 'identity-1', found: lists });
    model.pass();
    expect(listed(model.published())).toEqual(['git_a']);
    expect(model.published()?.segment?.cached).toBe(true);
    expect(model.published()?.knownEra).toBe('legacy');
    model.ready();
    model.record({ kind: 'discovered', server, configDigest: 'identity-1', found: lists });
    model.pass();
    expect(model.published()?.segment?.cached).toBe(false);
  });

  test('stays through failures, but not through a stop by intent', () => {
    verifies('GW-08');
    const model = discovered();
    model.crash();
    model.pass();
    expect(listed(model.published())).toEqual(['git_a']);
    model.declare({ unresolved: ['X'] });
    model.pass();
    expect(listed(model.published())).toEqual(['git_a']);
    model.declare({ spec: { suspended: true } });
    model.pass();
    expect(listed(model.published())).toBeUndefined();
    model.declare({});
    model.pass();
    expect(listed(model.published())).toEqual(['git_a']);
  });

  test('stays, marked as not confirmed, while another process takes over', () => {
    const model = discovered();
    expect(model.published()?.segment?.cached).toBe(false);
    model.declare({ identityDigest: 'identity-2' });
    model.pass();
    expect(listed(model.published())).toEqual(['git_a']);
    expect(model.published()?.segment?.cached).toBe(true);
  });
});
