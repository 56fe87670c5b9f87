// A raw keep-alive connection that has one request in flight at a time.

import { connect } from 'node:net';
import { createResponseReader, type Response } from './response.ts';

const READ_BUFFER_BYTES = 65_536;

export interface Connection {
  write(bytes: Buffer): void;
  /** Who gets the answers, or the end of the connection, from now on. */
  receive(answered: (response: Response) => void, failed: (error: Error) => void): void;
  /** One request and its answer. */
  ask(bytes: Buffer): Promise<Response & { readonly text: string }>;
  closed(): boolean;
  close(): void;
}

export function openConnection(url: URL): Promise<Connection> {
  let answered: (response: Response) => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  const read = createResponseReader((response) => answered(response));

  const socket = connect({
    host: url.hostname,
    port: Number(url.port),
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
      callback: (size, buffer) => {
        try {
          read(Buffer.from(buffer.buffer, buffer.byteOffset, size));
        } catch (error) {
          failed(error instanceof Error ? error : new Error(String(error)));
        }
        return true;
      },
    },
  });

  const connection: Connection = {
    write: (bytes) => void socket.write(bytes),
    receive: (onAnswer, onFailure) => {
      answered = onAnswer;
      failed = onFailure;
    },
    ask: (bytes) =>
      new Promise((resolve, reject) => {
        answered = (response) => resolve({ ...response, text: response.body.toString() });
        failed = reject;
        socket.write(bytes);
      }),
    closed: () => socket.destroyed || socket.readableEnded,
    close: () => void socket.destroy(),
  };

  return new Promise((resolve, reject) => {
    failed = reject;
    socket.once('connect', () => resolve(connection));
    socket.on('error', (error) => failed(error));
    socket.on('close', () => failed(new Error(`${url.href} closed the connection`)));
  });
}
