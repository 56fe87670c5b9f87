// Server-sent events on bytes, after https://html.spec.whatwg.org/multipage/server-sent-events.html with two deviations
// that MCP needs: `id` is the event's own rather than the last one seen, and an event with a data field is dispatched
// even if its data is empty (a server primes a stream for resumption with an id and empty data).

import { COLON, CR, LF, NINE, SPACE, ZERO } from './ascii.ts';
import { HeldBytes } from './held-bytes.ts';

export interface SseEvent {
  readonly event: string | undefined;
  readonly id: string | undefined;
  /** May be a view on a chunk: copy what is kept for long. */
  readonly data: Buffer;
}

export interface SseParserOptions {
  /** The most bytes of data that one event may have. */
  readonly maxEventBytes: number;
  readonly onEvent: (event: SseEvent) => void;
  readonly onRetry: (retryMs: number) => void;
  /** An event is too large and is discarded up to its end; called once for it. */
  readonly onOversize: () => void;
}

export interface SseParser {
  /** An event that the stream leaves unfinished at its end does not count. */
  push(chunk: Buffer): void;
}

const EMPTY = Buffer.alloc(0);
const NEWLINE = Buffer.of(LF);
const BOM = Buffer.of(0xef, 0xbb, 0xbf);
/** What a line may have beside `maxEventBytes` of data. */
const DATA_FIELD_BYTES = 'data: '.length;

export function createSseParser({
  maxEventBytes,
  onEvent,
  onRetry,
  onOversize,
}: SseParserOptions): SseParser {
  const maxLineBytes = maxEventBytes + DATA_FIELD_BYTES;
  const held = new HeldBytes();
  let atStart = true;
  let afterCr = false;
  let discardingLine = false;
  let discardingEvent = false;

  let event: string | undefined;
  let id: string | undefined;
  /** The only data line so far, as a view; with a second one they move to `joined`. */
  let data: Buffer | undefined;
  const joined = new HeldBytes();

  function reset(): void {
    event = undefined;
    id = undefined;
    data = undefined;
    if (joined.length > 0) joined.take();
  }

  function oversize(): void {
    if (discardingEvent) return;
    discardingEvent = true;
    reset();
    onOversize();
  }

  function dispatch(): void {
    const finished =
      data === undefined ? undefined : { event, id, data: joined.length > 0 ? joined.take() : data };
    reset();
    discardingEvent = false;
    if (finished !== undefined) onEvent(finished);
  }

  function addData(value: Buffer): void {
    if (data === undefined) {
      if (value.length > maxEventBytes) oversize();
      else data = value;
      return;
    }
    const before = Math.max(joined.length, data.length);
    if (before + 1 + value.length > maxEventBytes) {
      oversize();
      return;
    }
    if (joined.length === 0) joined.add(data);
    joined.add(NEWLINE);
    joined.add(value);
  }

  function field(line: Buffer): void {
    const colon = line.indexOf(COLON);
    const nameEnd = colon === -1 ? line.length : colon;
    const valueStart = colon === -1 ? line.length : line[colon + 1] === SPACE ? colon + 2 : colon + 1;
    if (isNamed(line, nameEnd, 'data')) {
      addData(valueStart === line.length ? EMPTY : line.subarray(valueStart));
    } else if (isNamed(line, nameEnd, 'event')) {
      event = line.toString('utf8', valueStart) || undefined;
    } else if (isNamed(line, nameEnd, 'id')) {
      if (line.indexOf(0, valueStart) === -1) id = line.toString('utf8', valueStart);
    } else if (isNamed(line, nameEnd, 'retry') && isDigits(line, valueStart)) {
      onRetry(Number(line.toString('latin1', valueStart)));
    }
  }

  function endLine(bytes: Buffer): void {
    let line = bytes;
    if (atStart) {
      atStart = false;
      if (BOM.equals(line.subarray(0, BOM.length))) line = line.subarray(BOM.length);
    }
    if (line.length === 0) dispatch();
    else if (line.length > maxLineBytes) oversize();
    else if (!discardingEvent) field(line);
  }

  return {
    push(chunk) {
      if (chunk.length === 0) return;
      let start = afterCr && chunk[0] === LF ? 1 : 0;
      afterCr = false;
      let lf = chunk.indexOf(LF, start);
      let cr = chunk.indexOf(CR, start);
      while (lf !== -1 || cr !== -1) {
        const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
        const part = chunk.subarray(start, end);
        start = end + 1;
        if (end === cr) {
          if (start === chunk.length) afterCr = true;
          else if (lf === start) start++;
        }
        if (lf !== -1 && lf < start) lf = chunk.indexOf(LF, start);
        if (cr !== -1 && cr < start) cr = chunk.indexOf(CR, start);

        if (discardingLine) {
          discardingLine = false;
        } else if (held.length === 0) {
          endLine(part);
        } else {
          held.add(part);
          endLine(held.take());
        }
      }
      if (discardingLine || start === chunk.length) return;
      if (held.length + chunk.length - start <= maxLineBytes + BOM.length) {
        held.add(chunk.subarray(start));
        return;
      }
      held.take();
      atStart = false;
      discardingLine = true;
      oversize();
    },
  };
}

function isNamed(line: Buffer, nameEnd: number, name: string): boolean {
  if (nameEnd !== name.length) return false;
  for (let i = 0; i < nameEnd; i++) if (line[i] !== name.charCodeAt(i)) return false;
  return true;
}

function isDigits(bytes: Buffer, start: number): boolean {
  for (let pos = start; pos < bytes.length; pos++) {
    const byte = bytes[pos] ?? 0;
    if (byte < ZERO || byte > NINE) return false;
  }
  return start < bytes.length;
}

/** One event; data with line breaks reaches the receiver with each of them as one newline. */
export function encodeSse(data: Buffer, id?: string, event?: string): Buffer {
  const head = (event === undefined ? '' : `event: ${event}\n`) + (id === undefined ? '' : `id: ${id}\n`);
  if (data.indexOf(LF) === -1 && data.indexOf(CR) === -1) {
    return Buffer.concat([Buffer.from(`${head}data: `), data, Buffer.from('\n\n')]);
  }
  const lines = data.toString('latin1').split(/\r\n|\r|\n/);
  return Buffer.concat([
    Buffer.from(head),
    Buffer.from(lines.map((line) => `data: ${line}\n`).join(''), 'latin1'),
    NEWLINE,
  ]);
}
