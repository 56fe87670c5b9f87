// The results of all members of a family as one result, out of their own bytes. Content blocks stand member by member,
// headed by its name; what is structured stands under `instances`. It is an error only when every member failed. Pure.

import { arrayItems, objectEntries, type Span, spanBytes, stringValue } from '@tutti/wire';
import type { Era } from '../../snapshot/types.ts';
import type { Reply } from '../exchange.ts';

/** What members' results may come to together; one that does not fit any more is left out, and that is said. */
export const MAX_MERGED_BYTES = 16 * 1024 ** 2;

export interface Part {
  readonly server: string;
  /** Undefined: it did what it was asked. */
  readonly error: string | undefined;
  /** The text between the brackets of its content; empty when there is none. */
  readonly content: Buffer;
  /** JSON text of its structured content. */
  readonly structured: Buffer | undefined;
}

/** What matters of a member's reply, in bytes of its own: those of the reply are only good for the moment. */
export function partOf(server: string, reply: Reply): Part {
  if (reply.kind === 'error') return failed(server, reply.error.message);
  if (reply.kind === 'result') return fromResult(server, Buffer.from(reply.json), undefined);
  const { message } = reply;
  if (message.kind === 'error') {
    const text = message.members.get('message');
    const said = text === undefined ? undefined : stringValue(message.bytes, text);
    return failed(server, said ?? 'it answered with an error');
  }
  return fromResult(server, message.bytes, message.body);
}

export function mergedResult(parts: readonly Part[], era: Era): Buffer {
  const pieces: Buffer[] = [];
  const put = (text: string | Buffer): void => void pieces.push(Buffer.from(text));
  const shown = withinBound(parts);
  put(era === 'modern' ? '{"resultType":"complete","content":[' : '{"content":[');
  for (const [index, { server, error, content }] of shown.entries()) {
    if (index > 0) put(',');
    put(block(error === undefined ? `# ${server}` : `# ${server} (failed)`));
    if (content.length > 0) put(Buffer.concat([COMMA, content]));
    else if (error !== undefined) put(`,${block(error)}`);
  }
  put('],"structuredContent":{"instances":{');
  for (const [index, { server, error, structured }] of shown.entries()) {
    put(`${index > 0 ? ',' : ''}${JSON.stringify(server)}:`);
    put(error === undefined ? (structured ?? '{}') : JSON.stringify({ error }));
  }
  put(`}},"isError":${shown.every(({ error }) => error !== undefined)}}`);
  return Buffer.concat(pieces);
}

const COMMA = Buffer.from(',');

function block(text: string): string {
  return JSON.stringify({ type: 'text', text });
}

function failed(server: string, error: string): Part {
  return { server, error, content: Buffer.alloc(0), structured: undefined };
}

function fromResult(server: string, bytes: Buffer, place: Span | undefined): Part {
  const result = place ?? { start: 0, end: bytes.length };
  const found = new Map(objectEntries(bytes, result).map(({ key, value }) => [key, value]));
  const type = found.get('resultType');
  const resultType = type === undefined ? 'complete' : stringValue(bytes, type);
  if (resultType !== 'complete')
    return failed(server, `it answered with ${resultType}, which only a call of this member alone can have`);
  const [content, structured, isError] = [
    found.get('content'),
    found.get('structuredContent'),
    found.get('isError'),
  ];
  const blocks = content === undefined ? [] : arrayItems(bytes, content);
  const [first, last] = [blocks[0], blocks.at(-1)];
  const inner = first === undefined || last === undefined ? undefined : { start: first.start, end: last.end };
  const hasFailed = isError !== undefined && bytes[isError.start] === LOWER_T;
  return {
    server,
    error: hasFailed ? textOf(bytes, blocks) : undefined,
    content: inner === undefined ? Buffer.alloc(0) : Buffer.from(spanBytes(bytes, inner)),
    structured: structured === undefined ? undefined : Buffer.from(spanBytes(bytes, structured)),
  };
}

const LOWER_T = 0x74;

/** The text of the content blocks that have any. */
function textOf(bytes: Buffer, blocks: readonly Span[]): string {
  const texts = blocks.flatMap((span) => {
    const text = objectEntries(bytes, span).findLast(({ key }) => key === 'text')?.value;
    return (text === undefined ? undefined : stringValue(bytes, text)) ?? [];
  });
  return texts.length === 0 ? 'the tool failed' : texts.join('\n');
}

function withinBound(parts: readonly Part[]): readonly Part[] {
  let used = 0;
  return parts.map((part) => {
    used += part.content.length + (part.structured?.length ?? 0);
    if (used <= MAX_MERGED_BYTES) return part;
    used -= part.content.length + (part.structured?.length ?? 0);
    return failed(
      part.server,
      `its result does not fit into the ${MAX_MERGED_BYTES} bytes of all together; call this member alone`,
    );
  });
}
