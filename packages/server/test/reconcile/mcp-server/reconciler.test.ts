import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { createEventLog } from '../../../src/resources/events/event-log.ts';
import { createMcpServerReconciler, RESYNC_MS } from '../../../src/reconcile/mcp-server/reconciler.ts';
import { diffSnapshots } from '../../../src/snapshot/diff.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { found, HANDSHAKE, tools } from '../../snapshot/found.ts';
import type { TestCatalogStore } from './catalog-store.ts';
import { createDeclarations, declared } from './declared.ts';
import { usePlanes } from './plane.ts';

const { openCatalog, start, startOn } = usePlanes();

const a = declared({ name: 'a' });
const b = declared({ name: 'b' });

describe('a server', () => {
  test('is in the first snapshot, and its status tells how it gets on', async () => {
    verifies('SRV-09', 'SUP-03');
    await using plane = await start(a);
    expect(plane.attempt('a')).toBe(1);
    expect(plane.status('a')?.state).toBe('Starting');
    await plane.comeUp('a', 'x');
    expect(plane.status('a')).toMatchObject({ state: 'Running', restartCount: 0, observedGeneration: 1 });
    expect(plane.listed('a')).toEqual(['a_x']);
    expect(plane.reasons('a')).toEqual([
      'MCPServerCreated',
      'MCPServerStarting',
      'MCPServerStarted',
      'MCPServerToolsDiscovered',
    ]);
    expect([...plane.statuses().keys()]).toEqual(['a']);
    expect(plane.status('unknown')).toBeUndefined();
  });

  test('that crashes is dialled again when its delay is over, and keeps its tools meanwhile', async () => {
    verifies('SUP-02', 'SRV-09');
    await using plane = await start(a);
    await plane.comeUp('a', 'x');
    await plane.crash('a');
    expect(plane.entry('a')?.admission).toMatchObject({ kind: 'hold', state: 'Failed' });
    expect(plane.status('a')).toMatchObject({
      state: 'Failed',
      consecutiveFailures: 1,
      lastError: 'exited with code 1',
    });
    expect(plane.listed('a')).toEqual(['a_x']);
    plane.clock.advance(1_000);
    await plane.settled();
    expect(plane.attempt('a')).toBe(2);
    expect(plane.status('a')).toMatchObject({ state: 'Starting', restartCount: 1 });
    await plane.comeUp('a', 'x');
    expect(plane.reasons('a').slice(4)).toEqual([
      'MCPServerFailed',
      'MCPServerRecoveryStarted',
      'MCPServerRecoverySucceeded',
    ]);
  });

  test('that is declared later than others tells of its own first attempt', async () => {
    verifies('OPS-10');
    await using plane = await start(a, b);
    await plane.comeUp('a', 'x');
    await plane.crash('a');
    plane.clock.advance(1_000);
    await plane.settled();
    plane.declarations.remove('a');
    await plane.settled();
    plane.declarations.set(declared({ name: 'late' }));
    await plane.settled();
    expect(plane.told('late', 'MCPServerStarting')).toBe('attempt 1');
  });

  test('changes nothing of the others', async () => {
    verifies('GW-08', 'CAT-03');
    await using plane = await start(a, b);
    await plane.comeUp('a', 'x');
    await plane.comeUp('b', 'x');
    const before = plane.entry('b');
    const changes: (readonly string[])[] = [];
    using _watching = plane.snapshots.subscribe((next, previous) =>
      changes.push(diffSnapshots(previous, next).map(({ name }) => name)),
    );
    await plane.crash('a');
    expect(plane.entry('b')).toBe(before);
    expect(changes).toEqual([['a']]);
  });

  test('that shows other tools is listed anew with one change; the same again is no change', async () => {
    verifies('CAT-03');
    await using plane = await start(a);
    await plane.comeUp('a', 'x');
    let changes = 0;
    using _watching = plane.snapshots.subscribe(() => void changes++);
    const report = (...names: readonly string[]) => {
      const lists = found({ tools: tools(...names) });
      plane.observations.report({
        kind: 'discovered',
        server: 'a',
        configDigest: 'identity-1',
        found: lists,
      });
      return plane.settled();
    };
    await report('x');
    expect(changes).toBe(0);
    await report('x', 'y');
    expect(changes).toBe(1);
    expect(plane.listed('a')).toEqual(['a_x', 'a_y']);
  });

  test('hides the tools that its filter blocks, also when the filter comes later', async () => {
    verifies('SRV-11');
    await using plane = await start(a);
    await plane.comeUp('a', 'read', 'write');
    plane.declarations.set(
      declared({ name: 'a', generation: 2, spec: { toolFilter: { mode: 'deny', patterns: ['w*'] } } }),
    );
    await plane.settled();
    expect(plane.listed('a')).toEqual(['a_read']);
    expect(plane.attempt('a')).toBe(1);
  });
});

describe('restart', () => {
  test('makes a fresh attempt at once, and the next status says so', async () => {
    await using plane = await start(a);
    await plane.comeUp('a', 'x');
    await plane.crash('a');
    plane.restart('a');
    expect(plane.status('a')).toMatchObject({ state: 'Starting', consecutiveFailures: 0 });
    await plane.settled();
    expect(plane.attempt('a')).toBe(2);
  });

  test('of what is not there or suspended is refused with what to do', async () => {
    await using plane = await start(declared({ name: 'a', spec: { suspended: true } }));
    expect(() => plane.restart('nobody')).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(() => plane.restart('a')).toThrow(expect.objectContaining({ code: 'conflict' }));
  });
});

describe('over a restart of Tutti', () => {
  test('tools are listed at once from what was seen last, until they are seen again', async () => {
    verifies('CAT-04');
    {
      await using plane = await start(a);
      await plane.comeUp('a', 'x');
    }
    await using plane = await start(a);
    expect(plane.listed('a')).toEqual(['a_x']);
    expect(plane.entry('a')?.segment?.cached).toBe(true);
    expect(plane.status('a')?.state).toBe('Starting');
    await plane.comeUp('a', 'x');
    expect(plane.entry('a')?.segment?.cached).toBe(false);
  });

  test('another process has nothing cached, but finds its names again', async () => {
    verifies('CAT-01', 'CAT-04');
    const prefix = { toolPrefix: 'p' };
    let hashed: string | undefined;
    {
      await using plane = await start(
        declared({ name: 'a', spec: prefix }),
        declared({ name: 'b', spec: prefix }),
      );
      await plane.comeUp('b', 'x');
      await plane.comeUp('a', 'x');
      hashed = plane.listed('a')?.[0];
      expect(hashed).toMatch(/^p_x_[a-z2-7]{8}$/);
      expect(plane.listed('b')).toEqual(['p_x']);
    }
    const other = { spec: prefix, identityDigest: 'identity-2' };
    await using plane = await start(declared({ name: 'a', ...other }), declared({ name: 'b', ...other }));
    expect(plane.listed('a')).toBeUndefined();
    await plane.comeUp('a', 'x');
    await plane.comeUp('b', 'x');
    expect(plane.listed('a')).toEqual([hashed]);
    expect(plane.listed('b')).toEqual(['p_x']);
  });

  test('a broken record costs a discovery and no more', async () => {
    verifies('CAT-04', 'GW-08');
    {
      await using plane = await start(a, b);
      await plane.comeUp('a', 'x');
      await plane.comeUp('b', 'x');
      await plane.catalog.spoil('a', '{"version":1,');
    }
    await using plane = await start(a, b);
    expect(plane.warnings).toHaveLength(1);
    expect(plane.listed('a')).toBeUndefined();
    expect(plane.listed('b')).toEqual(['b_x']);
    await plane.comeUp('a', 'x');
    expect(plane.listed('a')).toEqual(['a_x']);
  });

  test('a store that takes nothing costs the cache and no more', async () => {
    verifies('CAT-04');
    const closed = async (warn: (message: string) => void): Promise<TestCatalogStore> => {
      const catalog = await openCatalog(warn);
      await catalog[Symbol.asyncDispose]();
      return catalog;
    };
    await using plane = await startOn(closed, a);
    await plane.comeUp('a', 'x');
    expect(plane.listed('a')).toEqual(['a_x']);
    expect(plane.warnings).toEqual([
      expect.stringContaining('cannot read which lists of tools are approved'),
      expect.stringContaining('cannot read the catalog'),
      expect.stringContaining('cannot read the names that were given'),
      expect.stringContaining('cannot compare the tools of a'),
      expect.stringContaining('cannot keep the names of a'),
      expect.stringContaining('cannot save the catalog of a'),
    ]);
  });
});

test('a prefix that changes beside the declaration gives new names, without another start', async () => {
  verifies('CAT-01');
  await using plane = await start(a);
  await plane.comeUp('a', 'x');
  plane.declarations.set(declared({ name: 'a', prefix: 'x_a' }));
  await plane.settled();
  expect(plane.listed('a')).toEqual(['x_a_x']);
  expect(plane.attempt('a')).toBe(1);
  const names = await plane.catalog.names.load();
  expect([...(names.get('a')?.given.tools.values() ?? [])]).toEqual(['x_a_x']);
});

describe('a server that is declared no more', () => {
  test('is gone from the snapshot; its cache is dropped, its names are kept for its return', async () => {
    verifies('CAT-01');
    const first = declared({ name: 'a', spec: { toolPrefix: 'p' } });
    await using plane = await start(first);
    await plane.comeUp('a', 'x');
    plane.declarations.remove('a');
    await plane.settled();
    expect(plane.entry('a')).toBeUndefined();
    expect(plane.status('a')).toBeUndefined();
    expect(plane.reasons('a').at(-1)).toBe('MCPServerDeleted');
    expect((await plane.catalog.texts())['a']).not.toContain('inputSchema');

    plane.declarations.set(declared({ name: 'b', spec: { toolPrefix: 'p' } }));
    await plane.settled();
    await plane.comeUp('b', 'x');
    expect(plane.listed('b')?.[0]).toMatch(/^p_x_/);
    plane.declarations.set(first);
    await plane.settled();
    expect(plane.listed('a')).toBeUndefined();
    expect(plane.attempt('a'), 'no number is used twice under one name').toBeGreaterThan(1);
    expect(plane.status('a')).toMatchObject({ restartCount: 0 });
    await plane.comeUp('a', 'x');
    expect(plane.listed('a')).toEqual(['p_x']);
  });

  test('while Tutti was down is retired at the start', async () => {
    {
      await using plane = await start(a, b);
      await plane.comeUp('a', 'x');
      await plane.comeUp('b', 'x');
    }
    await using plane = await start(b);
    const texts = await plane.catalog.texts();
    expect(texts['a']).toContain('retiredAtMs');
    expect(plane.listed('b')).toEqual(['b_x']);
    expect(Object.keys(texts).toSorted()).toEqual(['a', 'b']);
  });
});

test('news of servers that are not declared is dropped', async () => {
  await using plane = await start(a);
  plane.observations.report({ kind: 'ready', server: 'ghost', attempt: 1, handshake: HANDSHAKE });
  plane.observations.report({ kind: 'discovered', server: 'ghost', configDigest: 'd', found: found({}) });
  await plane.settled();
  expect([...plane.snapshots.current().servers.keys()]).toEqual(['a']);
});

test('what nobody told is found by the pass over all servers', async () => {
  verifies('SRV-14');
  const declarations = createDeclarations(a);
  const silent = { ...declarations, watch: () => ({ [Symbol.dispose]: () => undefined }) };
  const clock = createManualClock();
  const catalog = await openCatalog();
  await using reconciler = await createMcpServerReconciler({
    desired: silent,
    store: catalog,
    names: catalog.names,
    pins: catalog.pins,
    events: createEventLog({ clock }),
    clock,
    random: () => 0.5,
    warn: () => undefined,
  });
  declarations.set(b);
  declarations.remove('a');
  clock.advance(RESYNC_MS);
  await eventually(() => [...reconciler.snapshots.current().servers.keys()].join() === 'b');
});

test('closed, it leaves no timer', async () => {
  const plane = await start(a);
  await plane.comeUp('a', 'x');
  await plane.crash('a');
  expect(plane.clock.waiting).toBeGreaterThan(0);
  await plane[Symbol.asyncDispose]();
  expect(plane.clock.waiting).toBe(0);
});
