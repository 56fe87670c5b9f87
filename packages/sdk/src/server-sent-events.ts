// Server-sent events of a response body, as the HTML standard frames them. Lenient about line ends and empty events;
// strict about size.

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** The longest event that is read. */
const MAX_EVENT_CHARS = 64 * 1024 * 1024;

/** Ends when the stream ends; leaving the loop cancels the stream. */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void> {
  const decoder = new TextDecoder();
  let pending = '';
  let event = '';
  let data: string[] = [];
  let size = 0;
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true });
    if (pending.length + size > MAX_EVENT_CHARS) {
      throw new RangeError(`An event is longer than ${MAX_EVENT_CHARS} characters.`);
    }
    // A carriage return at the very end may be the first half of a line end.
    const complete = pending.endsWith('\r') ? pending.slice(0, -1) : pending;
    const lines = complete.split(/\r\n|\n|\r/);
    pending = (lines.pop() ?? '') + pending.slice(complete.length);
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
        event = '';
        data = [];
        size = 0;
      } else if (line.startsWith('data:')) {
        const value = fieldValue(line, 'data:');
        size += value.length;
        data.push(value);
      } else if (line.startsWith('event:')) {
        event = fieldValue(line, 'event:');
      }
    }
  }
}

function fieldValue(line: string, prefix: string): string {
  return line.startsWith(' ', prefix.length) ? line.slice(prefix.length + 1) : line.slice(prefix.length);
}
