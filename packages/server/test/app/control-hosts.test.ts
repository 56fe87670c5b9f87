// What is declared and commanded at one host, at the others that share its store.

import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { openControl } from '../../src/app/control/create-control.ts';
import { LAPSE_GRACE_MS } from '../../src/app/control/suspender.ts';
import { createEventLog } from '../../src/resources/events/event-log.ts';
import { readDocuments } from '../../src/resources/read-documents.ts';
import { createResourceStore } from '../../src/resources/store.ts';
import { RESOURCE_MIGRATIONS } from '../../src/resources/stored/migrations.ts';
import { createStoredResources, StaleError } from '../../src/resources/stored/stored-resources.ts';
import { createManualClock } from '../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from '../store/support/stores.ts';

closeStoresAfterTests();

const server = (name: string, command = 'serve') => ({
  documents: [{ apiVersion: 'tutti.dev/v1alpha1', kind: 'MCPServer', metadata: { name }, spec: { command } }],
});

async function openHost(url: string) {
  const database = await openTest(url, { migrations: [RESOURCE_MIGRATIONS] });
  const store = createResourceStore();
  const clock = createManualClock();
  const events = createEventLog({ clock });
  const warnings: string[] = [];
  const opened = await openControl({
    store,
    stored: createStoredResources(database),
    isShared: true,
    clock,
    folder: '/',
    events,
    happenings: { resourceDeclared() {}, resourceRemoved() {} },
    warn: (message) => warnings.push(message),
  });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  const control = opened.start({
    reconciler: {
      restart() {},
      start() {},
      settled: async () => {},
      status: () => undefined,
      pins: { of: () => undefined, list: async () => [], approve: async () => [] },
    },
    sources: { reloadFiles: async () => {}, sync: async () => {} },
  });
  return {
    database,
    store,
    control,
    clock,
    events,
    warnings,
    /** As a file of this host says it. */
    file(text: string | null): void {
      store.apply(new Map([['/a.json', text === null ? null : readDocuments('/a.json', text)]]));
    },
    names: () => store.list().map(({ resource }) => resource.name),
    isSuspended: (name: string) => store.get(name)?.resource.spec.suspended,
  };
}

describe.each(stores)('what is stored on $name', ({ freshUrl }) => {
  test('a change that was decided on what is not the last word is refused', async () => {
    verifies('OPS-01');
    const database = await openTest(freshUrl(), { migrations: [RESOURCE_MIGRATIONS] });
    const [one, other] = [createStoredResources(database), createStoredResources(database)];
    const put = (text: string) => ({ documents: new Map([['MCPServer/a', { text, by: 'ann' }]]) });
    await one.write(put('1'));
    await expect(other.write(put('2'))).rejects.toBeInstanceOf(StaleError);
    const news = await other.news(() => ['MCPServer/gone']);
    expect([...(news?.documents ?? [])]).toEqual([
      ['MCPServer/gone', null],
      ['MCPServer/a', expect.objectContaining({ text: '1' })],
    ]);
    await other.write(put('2'));
    expect((await one.news(() => ['MCPServer/a']))?.documents.get('MCPServer/a')?.text).toBe('2');
    expect(await one.news(() => [])).toBeUndefined();
  });
});

describe.each(postgres === undefined ? [] : [postgres])('several hosts', ({ freshUrl }) => {
  test(
    'have in force what any of them was told, and it is there for the next one',
    { timeout: 60_000 },
    async () => {
      verifies('OPS-01', 'SRC-06');
      const url = freshUrl();
      const [one, two] = [await openHost(url), await openHost(url)];
      await one.control.apply(server('a'), 'ann');
      await eventually(() => two.names().includes('a'));
      await two.control.suspend('a', 'bob');
      await eventually(() => one.isSuspended('a') === true);
      await one.control.resume('a', 'ann');
      await eventually(() => two.isSuspended('a') === false);
      await two.control.apply(server('b'), 'bob');
      await two.control.remove('MCPServer', 'a', 'bob');
      await eventually(() => one.names().join() === 'b');
      expect((await openHost(url)).names()).toEqual(['b']);
      expect([...one.warnings, ...two.warnings]).toEqual([]);
    },
  );

  test(
    'that are told at the same moment agree in the end, and lose nothing',
    { timeout: 120_000 },
    async () => {
      verifies('OPS-01');
      const url = freshUrl();
      const hosts = await Promise.all([openHost(url), openHost(url), openHost(url)]);
      const outcomes = await Promise.all(
        hosts.flatMap(({ control }, host) =>
          Array.from({ length: 8 }, async (_, n) => {
            try {
              await control.apply(server(`s${n}`, `serve-${host}`), 'ann');
              await control.apply(server(`own-${host}-${n}`), 'ann');
              return true;
            } catch (error) {
              // Refused after some tries, with nothing done.
              expect(error).toBeInstanceOf(StaleError);
              return false;
            }
          }),
        ),
      );
      expect(outcomes.filter(Boolean).length).toBeGreaterThan(0);
      const commands = (host: (typeof hosts)[number]) =>
        JSON.stringify(host.store.list().map(({ resource }) => [resource.name, resource.spec.command]));
      await eventually(async () => {
        const fresh = await openHost(url);
        return hosts.every((host) => commands(host) === commands(fresh));
      });
      hosts.forEach((host, index) => {
        outcomes.slice(index * 8, index * 8 + 8).forEach((isDone, n) => {
          if (isDone) expect(host.names()).toContain(`own-${index}-${n}`);
        });
      });
    },
  );

  test(
    'a command about what files declare holds at all of them, until they say otherwise',
    { timeout: 60_000 },
    async () => {
      verifies('OPS-01', 'SRC-06');
      const url = freshUrl();
      const [one, two] = [await openHost(url), await openHost(url)];
      const text = (suspended: boolean) =>
        JSON.stringify({ ...server('a').documents[0], spec: { command: 'serve', suspended } });
      for (const host of [one, two]) host.file(text(false));
      expect(await one.control.suspend('a', 'ann')).toMatchObject({ kept: 'override' });
      await eventually(() => two.isSuspended('a') === true);
      // The declaration takes it over, at one host before the other.
      one.file(text(true));
      await one.control.apply(server('b'), 'ann');
      await eventually(() => two.names().includes('b'));
      expect([one.isSuspended('a'), two.isSuspended('a')]).toEqual([true, true]);
      two.file(text(true));
      for (const host of [one, two]) host.clock.advance(LAPSE_GRACE_MS);
      await eventually(async () => (await createStoredResources(one.database).load()).suspensions.size === 0);
      // What was commanded before does not come back.
      for (const host of [one, two]) host.file(text(false));
      expect([one.isSuspended('a'), two.isSuspended('a')]).toEqual([false, false]);
      expect(one.events.list().filter(({ reason }) => reason === 'MCPServerResumed')).toHaveLength(1);
    },
  );
});
