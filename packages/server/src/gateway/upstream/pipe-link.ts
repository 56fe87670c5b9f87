// A conversation over the standard streams of a process: one JSON-RPC message per line. What the process writes is
// always read, however slow the clients are; what it does not read is held up to a bound and refused beyond.

import { createBatchWriter, createLineSplitter } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import type { InstanceEnd, Pipe } from '../ports.ts';
import type { Link, LinkHandlers } from './link.ts';
import { answeredId } from './answered-id.ts';
import { MAX_STRAY_CHARS, readMessages } from './received.ts';

/** Bytes that may wait for a process that does not read. */
const MAX_QUEUED_STDIN_BYTES = 16 << 20;
/** Between the end of stdout and that of the process: how long the other may take before it counts as well. */
const STREAM_END_GRACE_MS = 1_000;

export interface PipeLinkOptions {
  readonly clock: Clock;
  readonly maxMessageBytes: number;
  readonly maxQueuedBytes?: number;
}

/** Of a line that is no message, where an id is looked for. */
const END_BYTES = 256;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

export function createPipeLink(pipe: Pipe, handlers: LinkHandlers, options: PipeLinkOptions): Link {
  const { clock, maxMessageBytes, maxQueuedBytes = MAX_QUEUED_STDIN_BYTES } = options;
  let over = false;
  let exit: InstanceEnd | undefined;
  let stdoutEnded = false;
  let stdinError: string | undefined;
  let closing: Promise<void> | undefined;

  const writer = createBatchWriter(pipe.stdin, {
    maxQueuedBytes,
    onError: (error) => {
      stdinError = error.message;
    },
  });

  const lines = createLineSplitter({
    maxLineBytes: maxMessageBytes,
    onLine(line) {
      if (over) return;
      const messages = readMessages(line);
      if ('reason' in messages) unreadable(line, messages.reason);
      else for (const message of messages) handlers.message(message, undefined);
    },
    onOversize: () => stray(`A line longer than ${maxMessageBytes} bytes was dropped.`),
    onOversizeEnd(head, tail) {
      const id = answeredId(head, tail);
      if (over || id === undefined) return;
      handlers.failed(id, { kind: 'garbage', reason: `The answer is larger than ${maxMessageBytes} bytes.` });
    },
  });

  /** A line that is no message; one that was meant to be an answer must not leave its call waiting. */
  function unreadable(line: Buffer, reason: string): void {
    const id = answeredId(line.subarray(0, END_BYTES), line.subarray(-END_BYTES));
    if (id === undefined) stray(line.toString('utf8', 0, MAX_STRAY_CHARS));
    else handlers.failed(id, { kind: 'garbage', reason: `The answer is no valid message: ${reason}.` });
  }

  function stray(text: string): void {
    if (!over) handlers.stray(text);
  }

  function end(how: InstanceEnd): void {
    if (over) return;
    over = true;
    handlers.closed(how);
  }

  /** The last answers may still be in the pipe when the process is gone; a descendant may hold it open for ever. */
  function exited(): void {
    if (exit === undefined) return;
    const how = exit;
    if (stdoutEnded) end(how);
    else clock.after(STREAM_END_GRACE_MS, () => end(how));
  }

  function stdoutOver(): void {
    if (stdoutEnded) return;
    stdoutEnded = true;
    lines.end();
    if (exit !== undefined) return end(exit);
    clock.after(STREAM_END_GRACE_MS, () => {
      end({ kind: 'lost', reason: 'The process closed its stdout but did not exit.' });
    });
  }

  pipe.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
  pipe.stdout.on('end', stdoutOver);
  pipe.stdout.on('close', stdoutOver);
  pipe.stdout.on('error', stdoutOver);
  void pipe.ended.then(({ reason }) => {
    exit = { kind: 'exited', reason };
    exited();
  });

  return {
    request({ id, bytes }) {
      if (!over && writer.write(asLine(bytes))) return;
      handlers.failed(id, { kind: 'network', reason: refusedBecause(), sent: false });
    },
    send(bytes) {
      if (!writer.write(asLine(bytes))) stray(`A message was not sent: ${refusedBecause()}`);
    },
    abort() {},
    agree() {},
    listen() {},
    close() {
      end({ kind: 'closed', reason: 'The connection was closed.' });
      closing ??= pipe.close();
      return closing;
    },
  };

  function refusedBecause(): string {
    if (over) return 'The connection is closed.';
    if (stdinError !== undefined || !pipe.stdin.writable) {
      return `The process does not take any input${stdinError === undefined ? '' : ` (${stdinError})`}.`;
    }
    return `The process does not read its input: up to ${maxQueuedBytes} bytes may wait for it.`;
  }
}

/** The message as one line. A line break in valid JSON is white space between tokens, so that a space will do. */
function asLine(bytes: Buffer): Buffer {
  const line = Buffer.allocUnsafe(bytes.length + 1);
  bytes.copy(line);
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) line[at] = SPACE;
  for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1)) line[at] = SPACE;
  line[bytes.length] = LF;
  return line;
}
