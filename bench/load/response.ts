// Reads HTTP/1.1 responses on one keep-alive connection that has one request in flight at a time: the head, then a
// body by Content-Length or chunked. Everything is copied into one growing buffer, which the next response reuses.

export interface Response {
  readonly status: number;
  readonly head: string;
  /** Valid during the call only. */
  readonly body: Buffer;
}

const INITIAL_BYTES = 4096;
const HEAD_END = Buffer.from('\r\n\r\n');

export function createResponseReader(deliver: (response: Response) => void): (chunk: Buffer) => void {
  let store = Buffer.allocUnsafe(INITIAL_BYTES);
  let length = 0;
  let head: string | undefined;
  /** Where the body starts, and how far it is unpacked: chunks move up, over their size lines. */
  let bodyStart = 0;
  let bodyEnd = 0;
  /** With Content-Length: where the response ends. Chunked: where the next size line starts. */
  let next = 0;
  let chunked = false;

  const append = (chunk: Buffer): void => {
    if (length + chunk.length > store.length) {
      const larger = Buffer.allocUnsafe(Math.max(store.length * 2, length + chunk.length));
      store.copy(larger, 0, 0, length);
      store = larger;
    }
    chunk.copy(store, length);
    length += chunk.length;
  };

  const readHead = (): boolean => {
    const end = store.subarray(0, length).indexOf(HEAD_END);
    if (end === -1) return false;
    head = store.toString('latin1', 0, end);
    bodyStart = end + HEAD_END.length;
    bodyEnd = bodyStart;
    const size = /\r\ncontent-length: *(\d+)/i.exec(head);
    chunked = size === null && /\r\ntransfer-encoding: *chunked/i.test(head);
    next = chunked ? bodyStart : bodyStart + Number(size?.[1] ?? 0);
    return true;
  };

  /** Moves complete chunks together; true after the last one. */
  const readChunks = (): boolean => {
    for (;;) {
      const lineEnd = store.subarray(0, length).indexOf('\r\n', next);
      if (lineEnd === -1) return false;
      const size = Number.parseInt(store.toString('latin1', next, lineEnd), 16);
      const start = lineEnd + 2;
      if (length < start + size + 2) return false;
      next = start + size + 2;
      if (size === 0) return true;
      store.copyWithin(bodyEnd, start, start + size);
      bodyEnd += size;
    }
  };

  return (chunk) => {
    append(chunk);
    if (head === undefined && !readHead()) return;
    if (chunked ? !readChunks() : length < next) return;
    if (length > next) throw new Error('bytes after the response');
    const response = {
      status: Number(head?.slice(9, 12)),
      head: head ?? '',
      body: store.subarray(bodyStart, chunked ? bodyEnd : next),
    };
    length = 0;
    head = undefined;
    deliver(response);
  };
}

export function headerOf(response: Response, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(response.head)?.[1];
}
