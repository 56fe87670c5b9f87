import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readServerSentEvents, type ServerSentEvent } from '../src/server-sent-events.ts';

async function read(chunks: readonly Uint8Array[]): Promise<ServerSentEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(body)) events.push(event);
  return events;
}

test('frames events with any line end, joins data, skips comments and empty events', async () => {
  const text =
    'data: one\n\n: comment\n\nevent: item\r\ndata: two\r\ndata:three\r\rid: 7\n\ndata: last\n\ndata: unfinished\n';
  expect(await read([Buffer.from(text)])).toEqual([
    { event: 'message', data: 'one' },
    { event: 'item', data: 'two\nthree' },
    { event: 'message', data: 'last' },
  ]);
});

test('where the bytes are cut makes no difference', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ event: fc.constantFrom('a', 'b'), data: fc.string({ unit: 'grapheme' }) })),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.nat(200)),
      async (events, end, cuts) => {
        const sent = events.map(({ event, data }) => ({ event, data: data.replaceAll(/[\r\n]/g, ' ') }));
        const lines = sent.map(({ event, data }) => `event: ${event}${end}data: ${data}${end}${end}`);
        const bytes = Buffer.from(lines.join(''));
        const places = [
          0,
          ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
          bytes.length,
        ];
        const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
        // A last "\r" waits for a "\n" that never comes: the event after it is not finished.
        const received = await read([...chunks, Buffer.from(':\n')]);
        expect(received).toEqual(sent);
      },
    ),
  );
});
