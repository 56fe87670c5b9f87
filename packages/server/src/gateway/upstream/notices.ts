// Notifications of a server that belong to a call: they go to the call's client, under the client's own token, at the
// level that it asked for. A log that belongs to no call goes to the server's own log, never to a client.

import { type Message, type Span, spanText, stringValue } from '@tutti/wire';
import type { ServerLimits } from '../../snapshot/types.ts';
import type { Exchange } from '../exchange.ts';
import { isWanted } from '../protocol/log-level.ts';
import type { Flights } from './flights.ts';

/** Progress also moves the deadline, up to the longest time that a call may take. */
export function passProgress(
  flights: Flights,
  message: Message,
  limits: Pick<ServerLimits, 'callTimeoutMs' | 'maxCallMs'>,
  nowMs: number,
): void {
  const place = message.members.get('progressToken');
  const flight = place === undefined ? undefined : flights.get(numberAt(message.bytes, place));
  if (place === undefined || flight?.exchange === undefined || flight.token === undefined) return;
  const { exchange, token } = flight;
  const extendedMs = Math.min(nowMs + limits.callTimeoutMs, exchange.startedMs + limits.maxCallMs);
  exchange.deadlineMs = Math.max(exchange.deadlineMs, extendedMs);
  const { bytes } = message;
  exchange.channel.notify(
    Buffer.concat([bytes.subarray(0, place.start), Buffer.from(token), bytes.subarray(place.end)]),
  );
}

export function passLog(
  exchange: Exchange | undefined,
  message: Message,
  toServerLog: (line: string) => void,
): void {
  const { bytes, members } = message;
  const place = members.get('level');
  const level = (place === undefined ? undefined : stringValue(bytes, place)) ?? 'info';
  if (exchange === undefined) {
    const data = members.get('data');
    toServerLog(`${level}: ${data === undefined ? '' : spanText(bytes, data)}`);
  } else if (isWanted(level, exchange.caller.logLevel)) {
    exchange.channel.notify(bytes);
  }
}

/** The non-negative integer that stands in the bytes; -1 for anything else. */
export function numberAt(bytes: Buffer, { start, end }: Span): number {
  let value = 0;
  if (end - start > 15 || end === start) return -1;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
