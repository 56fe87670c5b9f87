import { ApiServerStatusSchema, type McpServerSpecInput } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { NOTHING_OBSERVED, type Observed } from '../../../src/reconcile/mcp-server/observe.ts';
import { statusOf } from '../../../src/reconcile/mcp-server/status.ts';
import { declared } from './declared.ts';

const T0 = Date.parse('2026-09-01T12:00:00.000Z');
const dial = { kind: 'dial', attempt: 3 } as const;
const remote: McpServerSpecInput = { url: 'http://h/mcp' };
const end = { kind: 'exited', reason: 'exited with code 1', atMs: T0, chance: 0.5 } as const;

function status(observed: Partial<Observed>, spec: McpServerSpecInput = {}, nowMs = T0) {
  const seen = { ...NOTHING_OBSERVED, identity: 'identity-1', failures: 1, ...observed };
  return statusOf(declared({ spec }), seen, nowMs, undefined);
}

function ready(found: ReturnType<typeof status>) {
  return found.conditions.find(({ type }) => type === 'Ready');
}

describe('the state', () => {
  test.each<[Partial<Observed>, string, string]>([
    [{}, 'Starting', 'Connecting'],
    [{ admission: dial, phase: 'asked' }, 'Starting', 'Connecting'],
    [{ admission: dial, phase: 'connecting' }, 'Starting', 'Connecting'],
    [{ admission: dial, phase: 'ready' }, 'Running', 'Connected'],
    [{ admission: dial, phase: 'ended', end }, 'Failed', 'Disconnected'],
    [{ admission: dial, phase: 'ended', end: { ...end, kind: 'handshake' } }, 'Failed', 'Failed'],
    [
      { admission: dial, phase: 'ended', end: { ...end, kind: 'auth_required' } },
      'Auth Required',
      'Auth Required',
    ],
    [{ admission: dial, phase: 'ended', end: { ...end, kind: 'closed' } }, 'Stopped', 'Disconnected'],
  ])('of %o is %s over stdio and %s of a remote server', (observed, local, distant) => {
    verifies('SRV-09', 'SUP-03');
    expect(status(observed).state).toBe(local);
    expect(status(observed, remote).state).toBe(distant);
  });

  test.each(['Suspended', 'Blocked', 'Stopped', 'Failed', 'Auth Required', 'Disconnected'] as const)(
    'is %s when the gateway was told so, with the reason',
    (state) => {
      verifies('SRV-09');
      const held = status({ admission: { kind: 'hold', state, reason: 'why', retryAtMs: undefined } });
      expect(held).toMatchObject({ state, reason: 'why' });
      expect(ready(held)).toMatchObject({ status: 'False', reason: state.replace(' ', ''), message: 'why' });
    },
  );
});

describe('a decision that is due counts as made', () => {
  test('a server that may not start is Blocked from the first look on', () => {
    verifies('SRV-06', 'SRV-09');
    const fresh = (options: Parameters<typeof declared>[0]) =>
      statusOf(declared(options), NOTHING_OBSERVED, T0, undefined);
    expect(fresh({ unresolved: ['API_KEY'] })).toMatchObject({ state: 'Blocked' });
    expect(fresh({ conflict: 'httpPort: 7411 is taken' })).toMatchObject({
      state: 'Blocked',
      reason: 'httpPort: 7411 is taken',
    });
    expect(fresh({ spec: { suspended: true } })).toMatchObject({ state: 'Suspended' });
  });

  test('a server that failed says at once when it is tried again', () => {
    const retryAtMs = T0 + 1_000;
    const failed = status({ admission: dial, phase: 'ended', end });
    expect(failed).toMatchObject({ state: 'Failed', nextRetryAfter: new Date(retryAtMs).toISOString() });
    const held = { kind: 'hold', state: 'Failed', reason: end.reason, retryAtMs } as const;
    expect(status({ admission: held, phase: 'ended', end })).toEqual(failed);
  });
});

test('attempts are counted from one for every declaration', () => {
  verifies('SRV-09');
  const third = { kind: 'dial', attempt: 8 } as const;
  expect(status({ admission: third, phase: 'connecting', attempt: 8, attemptBase: 5 }).reason).toBe(
    'attempt 3 waits for the MCP handshake',
  );
});

test('every field is filled from what was seen, and fits the API', () => {
  verifies('SRV-09');
  const found = status({
    generation: 4,
    admission: { kind: 'hold', state: 'Failed', reason: 'exited with code 1', retryAtMs: T0 + 8_000 },
    attempt: 12,
    attemptBase: 5,
    restarts: 6,
    phase: 'ended',
    end,
    failures: 4,
    lastError: 'exited with code 1',
    lastConnectedMs: T0 - 9_000,
    lastAttemptMs: T0 - 10_000,
    protocol: { era: 'legacy', protocolVersion: '2025-11-25' },
  });
  expect(found).toMatchObject({
    state: 'Failed',
    reason: 'exited with code 1; next attempt at 2026-09-01T12:00:08.000Z',
    lastError: 'exited with code 1',
    lastConnected: '2026-09-01T11:59:51.000Z',
    lastAttempt: '2026-09-01T11:59:50.000Z',
    nextRetryAfter: '2026-09-01T12:00:08.000Z',
    restartCount: 6,
    consecutiveFailures: 4,
    observedGeneration: 4,
  });
  // What no longer runs has no protocol.
  expect(found.protocolVersion).toBeUndefined();
  expect(ApiServerStatusSchema.parse(found)).toEqual(found);
});

test('a server that fails its checks runs, but is not ready', () => {
  verifies('SUP-03');
  const sick = status({ admission: dial, phase: 'ready', unhealthy: { reason: 'no answer', failures: 2 } });
  expect(sick.state).toBe('Running');
  expect(ready(sick)).toMatchObject({ status: 'False', reason: 'Unhealthy' });
  expect(ready(status({ admission: dial, phase: 'ready' }))).toMatchObject({ status: 'True' });
});

test('the conditions say what is declared and what was seen', () => {
  verifies('SRV-09', 'SRV-06');
  const desired = declared({ spec: { suspended: true }, unresolved: ['API_KEY'] });
  const { conditions } = statusOf(desired, { ...NOTHING_OBSERVED, interactive: true }, T0, undefined);
  expect(conditions.map(({ type, status: value }) => [type, value])).toEqual([
    ['Ready', 'False'],
    ['Suspended', 'True'],
    ['SecretsResolved', 'False'],
    ['Interactive', 'True'],
  ]);
  expect(conditions[2]?.message).toContain('API_KEY');
});

test('a condition keeps the time of its last transition', () => {
  verifies('SRV-09');
  const desired = declared();
  const up: Observed = { ...NOTHING_OBSERVED, admission: dial, phase: 'ready' };
  const first = statusOf(desired, up, T0, undefined);
  const later = statusOf(desired, up, T0 + 60_000, first);
  expect(ready(later)?.lastTransitionTime).toBe('2026-09-01T12:00:00.000Z');
  const down = statusOf(desired, { ...up, phase: 'ended', end }, T0 + 90_000, later);
  expect(ready(down)?.lastTransitionTime).toBe('2026-09-01T12:01:30.000Z');
  expect(down.conditions[1]?.lastTransitionTime).toBe('2026-09-01T12:00:00.000Z');
});
