// What is told in rooms, by one host and between two.

import { NEW_MESSAGES_ROOM, type RoomEvent } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { closeStoresAfterTests, openTest, postgres, sqliteUrl } from '../../store/support/stores.ts';
import { ADMIN, LOCAL, MIGRATIONS, openFresh, openOn, STRANGER } from '../support/open.ts';
import { send } from './post.ts';

closeStoresAfterTests();

test('a message is told once to whoever listens in any of its rooms', async () => {
  verifies('MSG-07');
  await using host = await openFresh(sqliteUrl());
  for (const id of ['ada', 'bob']) await host.agent({ id });
  const heard: RoomEvent[] = [];
  const rooms = ['thread_participant:bob', NEW_MESSAGES_ROOM];
  const listening = host.rooms.subscribe(rooms, (event) => void heard.push(event));
  const { id } = await send(host, { sender_id: 'ada', recipient_id: 'bob' });
  expect(heard).toMatchObject([
    { event: 'message.created', rooms, payload: { participant_id: 'bob', seq: 1, message_id: id } },
  ]);
  listening[Symbol.dispose]();
  await send(host, { sender_id: 'ada', recipient_id: 'bob' });
  expect(heard).toHaveLength(1);
  using _agent = host.rooms.subscribe(['agent:bob'], (event) => void heard.push(event));
  await host.agents.deregister('bob', LOCAL);
  expect(heard.at(-1)).toMatchObject({
    event: 'agent.changed',
    payload: { agent_id: 'bob', what: 'removed' },
  });
});

test('rooms are for those whose they are', async () => {
  verifies('MSG-07');
  await using host = await openFresh(sqliteUrl());
  await host.agent({ id: 'ada' });
  const { rooms } = host;
  rooms.requireOpen(['thread_participant:ada', 'agent:ada', 'thread_participant:person:local'], LOCAL);
  for (const room of ['thread_participant:ada', 'agent:ada', 'thread_participant:person:local'])
    expect(() => rooms.requireOpen([room], STRANGER)).toThrow('not yours');
  for (const room of [NEW_MESSAGES_ROOM, 'runner:workloads:status', 'workload:w']) {
    expect(() => rooms.requireOpen([room], LOCAL)).toThrow('not yours');
    rooms.requireOpen([room], ADMIN);
  }
  expect(() => rooms.requireOpen(['agent:'], ADMIN)).toThrow('There is no room');
});

describe.runIf(postgres !== undefined)('two hosts on one PostgreSQL', () => {
  test('tell each other, wake each other, and hold agents back', { timeout: 120_000 }, async () => {
    verifies('MSG-07', 'MSG-08', 'OPS-01');
    const url = postgres?.freshUrl() ?? '';
    const open = async () =>
      openOn((await openTest(url, { migrations: MIGRATIONS, isShared: true })).over<object>());
    await using one = await open();
    await using other = await open();
    for (const id of ['ada', 'bob']) await one.agent({ id, heartbeatInterval: 3_600 });
    const heard: RoomEvent[] = [];
    using _listening = other.rooms.subscribe(['thread_participant:bob'], (event) => void heard.push(event));
    const wait = { waitMs: 60_000, signal: new AbortController().signal };
    const waiting = other.messages.check('bob', { limit: 1, wait }, LOCAL);
    const sent = await send(one, { sender_id: 'ada', recipient_id: 'bob', importance: 'must_read' });
    expect((await waiting).items).toMatchObject([{ id: sent.id }]);
    await eventually(() => heard.length > 0, { what: 'the other host tells it in its room' });
    expect(heard[0]).toMatchObject({ event: 'message.created', payload: { participant_id: 'bob', seq: 1 } });
    expect(await other.agents.notice('bob', LOCAL)).toMatchObject({
      unread: 1,
      must_read: [{ message_id: sent.id }],
    });
    expect(() => other.messages.requireRead('bob')).toThrow(sent.id);
    await one.messages.ack('bob', [sent.id], LOCAL);
    await eventually(
      () => {
        other.messages.requireRead('bob');
        return true;
      },
      { what: 'the other host knows that it is acknowledged' },
    );
  });
});
