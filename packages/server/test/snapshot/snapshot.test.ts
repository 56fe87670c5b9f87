import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { EMPTY_SNAPSHOT, withEntry, withoutEntry } from '../../src/snapshot/builder.ts';
import { diffSnapshots } from '../../src/snapshot/diff.ts';
import { createNameBook } from '../../src/snapshot/names.ts';
import { createSnapshotPublisher } from '../../src/snapshot/publisher.ts';
import { buildSegment } from '../../src/snapshot/segment.ts';
import type { ServerEntry, Snapshot } from '../../src/snapshot/types.ts';
import { anEntry } from '../gateway/entry.ts';
import { found, tools } from './found.ts';

const book = createNameBook();

function entry(name: string, lists: Parameters<typeof found>[0] = {}, attempt = 1): ServerEntry {
  const { segment } = buildSegment(
    {
      server: name,
      transport: 'stdio',
      prefix: name,
      found: found(lists),
      cached: false,
      isAllowed: () => true,
    },
    book,
  );
  return anEntry({ name, admission: { kind: 'dial', attempt }, segment });
}

const snapshotOf = (...entries: readonly ServerEntry[]): Snapshot =>
  entries.reduce(withEntry, EMPTY_SNAPSHOT);

describe('a snapshot', () => {
  test('is sorted by name, however it came about', () => {
    const made = snapshotOf(entry('b'), entry('c'), entry('a'), entry('b', {}, 2));
    expect([...made.servers.keys()]).toEqual(['a', 'b', 'c']);
    expect(made.servers.get('b')?.admission).toEqual({ kind: 'dial', attempt: 2 });
    expect([...withoutEntry(made, 'b').servers.keys()]).toEqual(['a', 'c']);
    expect(made.version).toBe(4);
  });

  test('stays the same object when nothing changes', () => {
    const one = entry('a');
    const made = snapshotOf(one);
    expect(withEntry(made, one)).toBe(made);
    expect(withoutEntry(made, 'b')).toBe(made);
  });

  test('of 1,000 servers with 100 tools shares all but the one that changed', () => {
    verifies('CAT-03');
    const hundred = { tools: tools(...Array.from({ length: 100 }, (_, index) => `tool-${index}`)) };
    const names = Array.from({ length: 1_000 }, (_, index) => `server-${index}`);
    const before = snapshotOf(...names.map((name) => entry(name, hundred)));
    const after = withEntry(before, entry('server-500', { tools: tools('other') }, 2));
    const changed = names.filter((name) => before.servers.get(name) !== after.servers.get(name));
    expect(changed).toEqual(['server-500']);
    const kept = names.filter(
      (name) => before.servers.get(name)?.segment === after.servers.get(name)?.segment,
    );
    expect(kept).toHaveLength(999);
    expect(diffSnapshots(before, after).map(({ name }) => name)).toEqual(['server-500']);
  });
});

describe('a difference', () => {
  const lists = { tools: tools('t'), prompts: ['{"name":"p"}'], resources: ['{"uri":"x:r"}'] };
  const none = { toolsChanged: false, promptsChanged: false, resourcesChanged: false };
  test.each([
    ['another attempt', lists, none],
    ['a tool more', { ...lists, tools: tools('t', 'u') }, { ...none, toolsChanged: true }],
    ['another byte in a tool', { ...lists, tools: ['{"name":"t" }'] }, { ...none, toolsChanged: true }],
    ['no prompt', { ...lists, prompts: [] }, { ...none, promptsChanged: true }],
    ['another resource', { ...lists, resources: ['{"uri":"x:q"}'] }, { ...none, resourcesChanged: true }],
    [
      'a template',
      { ...lists, resourceTemplates: ['{"uriTemplate":"x:{q}"}'] },
      { ...none, resourcesChanged: true },
    ],
  ])('of %s is told per list', (_, after, expected) => {
    verifies('CAT-03');
    const diff = diffSnapshots(snapshotOf(entry('a', lists)), snapshotOf(entry('a', after, 2)));
    expect(diff).toEqual([{ name: 'a', change: 'changed', ...expected }]);
  });

  test('of servers that came and went is told by what they brought and took', () => {
    verifies('CAT-03');
    const before = snapshotOf(entry('a', { tools: tools('t') }), entry('b'));
    const after = snapshotOf(entry('c', { prompts: ['{"name":"p"}'] }));
    expect(diffSnapshots(before, after)).toEqual([
      { name: 'c', change: 'added', ...none, promptsChanged: true },
      { name: 'a', change: 'removed', ...none, toolsChanged: true },
      { name: 'b', change: 'removed', ...none },
    ]);
    expect(diffSnapshots(after, after)).toEqual([]);
  });
});

describe('the publisher', () => {
  test('tells each change in order, also those made by listeners', () => {
    const publisher = createSnapshotPublisher({ listenerFailed: () => undefined });
    const seen: string[] = [];
    using _first = publisher.subscribe((next, previous) => {
      if (previous.version === 0) publisher.update((current) => withEntry(current, entry('b')));
      seen.push(`first ${previous.version}→${next.version}`);
    });
    using _second = publisher.subscribe((next, previous) => {
      seen.push(`second ${previous.version}→${next.version}`);
    });
    publisher.update((current) => withEntry(current, entry('a')));
    expect(seen).toEqual(['first 0→1', 'second 0→1', 'first 1→2', 'second 1→2']);
  });

  test('survives a listener that throws, and forgets one that is disposed', () => {
    const failures: unknown[] = [];
    const publisher = createSnapshotPublisher({ listenerFailed: (error) => failures.push(error) });
    let told = 0;
    const bad = publisher.subscribe(() => {
      throw new Error('bad');
    });
    using _good = publisher.subscribe(() => void told++);
    publisher.update((current) => withEntry(current, entry('a')));
    bad[Symbol.dispose]();
    publisher.update((current) => withEntry(current, entry('b')));
    publisher.update((current) => current);
    expect(told).toBe(2);
    expect(failures).toEqual([new Error('bad')]);
  });
});
