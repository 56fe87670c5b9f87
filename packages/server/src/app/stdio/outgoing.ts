// A line of the client's as what is posted: a message or a batch, which requests in it are owed an answer, and the
// headers that HTTP wants of its era.

import {
  ENVELOPE,
  errorResponse,
  isBatch,
  isScanFailure,
  type Message,
  scanMessage,
  spanBytes,
  spanText,
  splitBatch,
  stringValue,
} from '@tutti/wire';
import { BRIDGE_HEADER } from '../../gateway/edge/modern-caller.ts';
import { MAX_BATCH } from '../../gateway/limits.ts';

export interface Outgoing {
  readonly kind: 'outgoing';
  readonly bytes: Buffer;
  readonly isBatch: boolean;
  readonly isModern: boolean;
  /** The message, if it is a single one. */
  readonly message: Message | undefined;
  /** The JSON texts of the ids of its requests. */
  readonly ids: readonly string[];
  /** It holds an answer to a question, which only the session that asked may get. */
  readonly answers: boolean;
}

/** The bytes are kept. */
export function readLine(bytes: Buffer): Outgoing | { readonly kind: 'refused'; readonly answer: Buffer } {
  if (isBatch(bytes)) return readBatch(bytes);
  const message = scanMessage(bytes);
  if (isScanFailure(message)) {
    const id = message.id === undefined ? undefined : spanText(bytes, message.id);
    return {
      kind: 'refused',
      answer: errorResponse(id, message.kind === 'parse' ? -32700 : -32600, message.reason),
    };
  }
  return {
    kind: 'outgoing',
    bytes,
    isBatch: false,
    isModern: message.metaMembers.has(ENVELOPE.protocolVersion),
    message,
    ids: requestId(message),
    answers: isAnswer(message),
  };
}

function readBatch(bytes: Buffer): ReturnType<typeof readLine> {
  const spans = splitBatch(bytes, MAX_BATCH);
  if ('kind' in spans) {
    const { kind, reason } = spans;
    return { kind: 'refused', answer: errorResponse(undefined, kind === 'parse' ? -32700 : -32600, reason) };
  }
  const messages = spans
    .map((span) => scanMessage(Buffer.from(spanBytes(bytes, span))))
    .filter((message) => !isScanFailure(message));
  return {
    kind: 'outgoing',
    bytes,
    isBatch: true,
    isModern: false,
    message: undefined,
    ids: messages.flatMap(requestId),
    answers: messages.some(isAnswer),
  };
}

function requestId(message: Message): readonly string[] {
  return message.kind === 'request' && message.id !== undefined ? [spanText(message.bytes, message.id)] : [];
}

function isAnswer({ kind }: Message): boolean {
  return kind === 'result' || kind === 'error';
}

const COMMON = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  [BRIDGE_HEADER]: 'stdio',
} as const;

export function legacyHeaders(session: string | undefined): Record<string, string> {
  return session === undefined ? { ...COMMON } : { ...COMMON, 'mcp-session-id': session };
}

export function modernHeaders(message: Message): Record<string, string> {
  const headers: Record<string, string> = { ...COMMON };
  const version = message.metaMembers.get(ENVELOPE.protocolVersion);
  const revision = version === undefined ? undefined : stringValue(message.bytes, version);
  if (revision !== undefined) headers['mcp-protocol-version'] = revision;
  if (message.method !== undefined) headers['mcp-method'] = message.method;
  const named = message.members.get('name') ?? message.members.get('uri') ?? message.members.get('taskId');
  const name = named === undefined ? undefined : stringValue(message.bytes, named);
  if (name !== undefined) headers['mcp-name'] = `=?base64?${Buffer.from(name).toString('base64')}?=`;
  return headers;
}
