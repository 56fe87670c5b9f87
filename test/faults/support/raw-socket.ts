// A client that is a bare TCP connection: it sends what a test gives it, and reads only when told to.

import { connect, type Socket } from 'node:net';

export interface RawSocket extends AsyncDisposable {
  readonly socket: Socket;
  /** Everything that came so far. */
  text(): string;
  /** Settles when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
}

export async function openSocket(url: string, options: { readonly reads: boolean }): Promise<RawSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const chunks: Buffer[] = [];
  if (options.reads) socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {
    // A reset is one way to be cut off.
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    socket,
    text: () => Buffer.concat(chunks).toString('latin1'),
    closed,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

/** The text of a POST, head and body. */
export function postText(
  url: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): string {
  const all = {
    host: new URL(url).host,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${new URL(url).pathname} HTTP/1.1\r\n${head.join('')}\r\n${body.toString()}`;
}
