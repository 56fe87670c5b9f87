// Reads HTTP/1.1 requests on one connection: a head, then a body by Content-Length or chunked.

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

const EMPTY: Buffer = Buffer.alloc(0);

export function createRequestReader(deliver: (request: Request) => void): (chunk: Buffer) => void {
  let rest: Buffer = EMPTY;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const read = readRequest(rest);
      if (read === undefined) return;
      rest = rest.subarray(read.end);
      deliver(read.request);
    }
  };
}

function readRequest(bytes: Buffer): { request: Request; end: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const [method = '', path = ''] = head.slice(0, head.indexOf('\r\n')).split(' ');
  const start = headEnd + 4;
  const body = /\r\ntransfer-encoding: *chunked/i.test(head)
    ? readChunked(bytes, start)
    : readSized(bytes, start, Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0));
  return body && { request: { method, path, body: body.bytes }, end: body.end };
}

interface Body {
  readonly bytes: Buffer;
  readonly end: number;
}

function readSized(bytes: Buffer, start: number, size: number): Body | undefined {
  const end = start + size;
  return bytes.length < end ? undefined : { bytes: bytes.subarray(start, end), end };
}

function readChunked(bytes: Buffer, start: number): Body | undefined {
  const parts: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const chunkStart = lineEnd + 2;
    at = chunkStart + size + 2;
    if (bytes.length < at) return undefined;
    if (size === 0) return { bytes: Buffer.concat(parts), end: at };
    parts.push(bytes.subarray(chunkStart, chunkStart + size));
  }
}
