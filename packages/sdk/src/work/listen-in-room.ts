// What is told in the room of a participant: that listening has begun, and that there is a message.

import { MessageCreatedSchema, participantRoom, ROOM_STREAM_EVENTS, RoomEventSchema } from '@tutti/schemas';
import type { Http } from '../http.ts';
import { search } from '../search.ts';
import { readServerSentEvents } from '../server-sent-events.ts';
import type { Hint } from './follow-inbox.ts';

/** Ends when the stream ends: Tutti stops, or this one read too slowly. */
export async function* listenInRoom(
  http: Http,
  participantId: string,
  signal: AbortSignal,
): AsyncGenerator<Hint, void> {
  const query = search({ room: participantRoom(participantId) });
  const body = await http.stream(`/api/v1/rooms${query}`, { signal });
  for await (const { event, data } of readServerSentEvents(body)) {
    if (event === ROOM_STREAM_EVENTS.resync) return;
    if (event === ROOM_STREAM_EVENTS.listening) yield { seq: undefined };
    if (event !== ROOM_STREAM_EVENTS.event) continue;
    const told = RoomEventSchema.safeParse(JSON.parse(data));
    const created = MessageCreatedSchema.safeParse(told.data?.payload);
    if (created.success) yield { seq: created.data.seq };
  }
}
