// Rooms, in which hints are told that something may be new. What is true is pulled.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { PERSON_PREFIX } from './message.ts';

/** Every message, for whoever looks after all of them. */
export const NEW_MESSAGES_ROOM = 'threads:messages:new';
/** Every workload. */
export const WORKLOADS_ROOM = 'runner:workloads:status';
/** Rooms of one thing, before its id. */
export const ROOM_PREFIXES = ['thread_participant:', 'workload:', 'agent:'] as const;
/** Rooms that one stream listens in. */
export const MAX_ROOMS = 100;

export const ROOM_EVENTS = {
  messageCreated: 'message.created',
  agentChanged: 'agent.changed',
  workloadStatusChanged: 'workload.status_changed',
} as const;

/** Events of a stream of rooms. */
export const ROOM_STREAM_EVENTS = {
  /** Listening has begun: what is pulled from now on misses nothing. */
  listening: 'listening',
  event: 'event',
  /** Events were lost, because nobody read them: the stream ends; listen again, and pull. */
  resync: 'resync',
} as const;

export const RoomEventSchema = z.object({
  id: z.string(),
  ts: ApiTimeSchema,
  /** The host that tells it. */
  source: z.string(),
  event: z.string(),
  rooms: z.array(z.string()),
  payload: z.record(z.string(), z.json()),
});

/** Of `message.created`, in the room of a participant. */
export const MessageCreatedSchema = z.object({
  participant_id: z.string(),
  /** The newest that it has. */
  seq: z.int(),
  /** Known where this host took the message in. */
  message_id: z.string().optional(),
  thread_id: z.string().optional(),
  sender_id: z.string().optional(),
});

export function participantRoom(participantId: string): string {
  return `thread_participant:${participantId}`;
}

export function agentRoom(agentId: string): string {
  return `agent:${agentId}`;
}

export function workloadRoom(workloadId: string): string {
  return `workload:${workloadId}`;
}

/** The principal's own room as a person. */
export function personRoom(principal: string): string {
  return participantRoom(`${PERSON_PREFIX}${principal}`);
}

export type RoomEvent = z.infer<typeof RoomEventSchema>;
/** What is not known is left out. */
export type MessageCreated = {
  [member in keyof z.infer<typeof MessageCreatedSchema>]: Exclude<
    z.infer<typeof MessageCreatedSchema>[member],
    undefined
  >;
};
