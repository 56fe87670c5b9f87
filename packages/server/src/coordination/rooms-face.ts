// Who may listen in which room: in that of an agent or a person whoever may act for them, in all others administrators.

import { NEW_MESSAGES_ROOM, ROOM_PREFIXES, type RoomEvent, WORKLOADS_ROOM } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import type { Caller } from './agents/registry.ts';
import type { Engine } from './engine.ts';
import type { Mail } from './mail.ts';
import { createActing } from './messages/acting.ts';
import type { Rooms } from './rooms/rooms.ts';

export interface RoomsFace extends Pick<Rooms, 'publish'> {
  /** Throws for a room that there is not, or that is not the caller's. */
  requireOpen(rooms: readonly string[], by: Caller): void;
  /** Whether the caller may still listen there. */
  mayListen(rooms: readonly string[], by: Caller): boolean;
  subscribe(rooms: readonly string[], listener: (event: RoomEvent) => void): Disposable;
}

export function createRoomsFace(engine: Engine, { rooms: hub }: Mail): RoomsFace {
  const { isOwn } = createActing(engine);

  function mayEnter(room: string, by: Caller): boolean {
    const [prefix, id] = partsOf(room);
    if (prefix === 'thread_participant:' || prefix === 'agent:') return isOwn(id, by);
    return by.isAdmin;
  }

  return {
    publish: (news) => hub.publish(news),
    subscribe: (rooms, listener) => hub.subscribe(rooms, listener),
    mayListen: (rooms, by) => rooms.every((room) => mayEnter(room, by)),
    requireOpen(rooms, by) {
      for (const room of rooms) {
        const [prefix, id] = partsOf(room);
        const isKnown = room === NEW_MESSAGES_ROOM || room === WORKLOADS_ROOM || (prefix !== '' && id !== '');
        if (!isKnown)
          throw new AppError(
            'invalid_params',
            `There is no room "${room}"; there are ${ROOM_PREFIXES.map((one) => `${one}ID`).join(', ')}, ${NEW_MESSAGES_ROOM} and ${WORKLOADS_ROOM}.`,
          );
        if (!mayEnter(room, by))
          throw new AppError(
            'refused',
            `The room "${room}" is not yours; listen in that of an agent that you registered.`,
            { details: { kind: 'room' } },
          );
      }
    },
  };
}

function partsOf(room: string): readonly [string, string] {
  const prefix = ROOM_PREFIXES.find((one) => room.startsWith(one)) ?? '';
  return [prefix, room.slice(prefix.length)];
}
