// Rooms: what happens is told to whoever listens in them, and forgotten. A hint that something may be new; the truth is
// pulled. Nobody who tells waits for anybody who listens.

import type { RoomEvent } from '@tutti/schemas';
import type { Clock } from '../../kernel/clock.ts';
import type { MakeId } from '../../kernel/ids.ts';

export interface RoomNews {
  readonly event: string;
  readonly rooms: readonly string[];
  readonly payload: RoomEvent['payload'];
}

export interface Rooms {
  publish(news: RoomNews): void;
  /** Once for each event, in whichever of the rooms it is told. */
  subscribe(rooms: readonly string[], listener: (event: RoomEvent) => void): Disposable;
  /** Whether anybody would hear of it: what nobody hears need not be put together. */
  isHeard(room: string): boolean;
}

export interface RoomsDeps {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly makeId: MakeId;
  /** Of this host. */
  readonly source: string;
}

type Listener = (event: RoomEvent) => void;

export function createRooms({ clock, makeId, source }: RoomsDeps): Rooms {
  const byRoom = new Map<string, Set<Listener>>();

  return {
    publish({ event, rooms, payload }) {
      const listeners = new Set(rooms.flatMap((room) => [...(byRoom.get(room) ?? [])]));
      if (listeners.size === 0) return;
      const told: RoomEvent = {
        id: makeId('evt'),
        ts: new Date(clock.nowMs()).toISOString(),
        source,
        event,
        rooms: [...rooms],
        payload,
      };
      for (const listener of listeners) listener(told);
    },
    subscribe(rooms, heard) {
      // A function of its own, so that one that listens twice is told twice and stops once.
      const listener: Listener = (event) => heard(event);
      for (const room of rooms) byRoom.set(room, (byRoom.get(room) ?? new Set()).add(listener));
      return {
        [Symbol.dispose]() {
          for (const room of rooms) {
            const listeners = byRoom.get(room);
            listeners?.delete(listener);
            if (listeners?.size === 0) byRoom.delete(room);
          }
        },
      };
    },
    isHeard: (room) => byRoom.has(room),
  };
}
