// A POST whose body comes late: the head and the first byte are sent, the rest when it is told to.

import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface SlowPost {
  /** Sends the rest; resolves with the text of the answer. */
  finish(): Promise<string>;
}

export function openSlowPost(url: string, headers: Readonly<Record<string, string>>, body: string): SlowPost {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request(url, {
    method: 'POST',
    agent: false,
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'content-length': body.length,
    },
  });
  outgoing.on('error', reject);
  outgoing.on('response', (answer) => void text(answer).then(resolve, reject));
  outgoing.write(body.slice(0, 1));
  return {
    async finish() {
      outgoing.end(body.slice(1));
      return await promise;
    },
  };
}
