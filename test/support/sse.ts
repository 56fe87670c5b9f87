// Server-sent events as bytes: each event's data exactly as it stood on the wire.

export interface SseEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly retry: string | undefined;
  readonly data: Buffer;
}

/** Feed it chunks in order; it calls back once per event that has data, an id or a retry. */
export function createSseReader(onEvent: (event: SseEvent) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let fields: { name: string; value: Buffer }[] = [];
  const finish = (): void => {
    const last = (name: string): string | undefined =>
      fields.findLast((field) => field.name === name)?.value.toString();
    const data = fields.filter((field) => field.name === 'data').map((field) => field.value);
    const event = { id: last('id'), event: last('event'), retry: last('retry'), data: joinLines(data) };
    if (data.length > 0 || event.id !== undefined || event.retry !== undefined) onEvent(event);
    fields = [];
  };
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const line = rest.subarray(0, rest[end - 1] === 13 ? end - 1 : end);
      rest = rest.subarray(end + 1);
      if (line.length === 0) finish();
      else if (line[0] !== 58) fields.push(field(line));
    }
  };
}

function field(line: Buffer): { name: string; value: Buffer } {
  const colon = line.indexOf(58);
  if (colon === -1) return { name: line.toString(), value: Buffer.alloc(0) };
  const start = line[colon + 1] === 32 ? colon + 2 : colon + 1;
  return { name: line.subarray(0, colon).toString(), value: Buffer.from(line.subarray(start)) };
}

function joinLines(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from('\n'), line])));
}
