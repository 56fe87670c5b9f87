// Rooms over HTTP: who may listen where, for as long as that is so.

import { MAX_ROOMS, ROOM_STREAM_EVENTS, RoomEventSchema } from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { isSameHolder } from '../../policy/access.ts';
import { ADMIN_ROLE } from '../../policy/principal.ts';
import { mayUse, RIGHTS } from '../rights.ts';
import { get, type RouteGroup } from '../route.ts';
import { callerOf } from './caller.ts';

const WHICH = `say which: ?room=NAME, at most ${MAX_ROOMS} of them; one of your agent's is thread_participant:ID`;

const RoomsQuerySchema = z.object({
  room: z
    .string(WHICH)
    .min(1, WHICH)
    .meta({
      openapi: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        maxItems: MAX_ROOMS,
        description: 'Names of rooms, once for each; that of an agent is `thread_participant:ID`.',
      },
    }),
});

export const ROOM_ROUTES: RouteGroup = {
  tag: 'Rooms',
  about: 'Hints that something may be new, as they come. What is true is pulled.',
  routes: [
    get('/api/v1/rooms', 'Listens in rooms: first says that it does, then what happens there.')
      .query(RoomsQuerySchema)
      .fails('overloaded')
      .sends(
        {
          events: {
            [ROOM_STREAM_EVENTS.listening]: z.object({ rooms: z.array(z.string()) }),
            [ROOM_STREAM_EVENTS.event]: RoomEventSchema,
            [ROOM_STREAM_EVENTS.resync]: z.object({}),
          },
        },
        ({ c }, deps) => {
          const { rooms } = deps.coordination;
          const names = roomsOf(c.req.queries('room'));
          const by = callerOf(c);
          rooms.requireOpen(names, by);
          const began = c.get('access');
          /** Keys, roles and agents change while a stream is open. */
          const mayListen = (): boolean => {
            const now = deps.accesses.byPrincipal(began.principal.id);
            if (now === undefined || !isSameHolder(began.credentials, now.credentials)) return false;
            const isAdmin = now.principal.roles.includes(ADMIN_ROLE);
            return mayUse(deps, RIGHTS.work, now) && rooms.mayListen(names, { id: by.id, isAdmin });
          };
          return deps.roomStreams.open(names, mayListen);
        },
      ),
  ],
};

function roomsOf(given: readonly string[] = []): readonly string[] {
  const names = [...new Set(given)].filter((name) => name !== '');
  if (names.length > 0 && names.length <= MAX_ROOMS) return names;
  throw new AppError('invalid_params', `"room": ${WHICH}.`);
}
