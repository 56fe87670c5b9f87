// Scans one JSON-RPC 2.0 message: the bytes must be exactly one JSON object, as JSON.parse would accept it, in valid
// UTF-8 and within a depth, and have the members of a request, notification or response. How the pass over the bytes
// works is told in message-scanner.ts.

import { isUtf8 } from 'node:buffer';
import { LOWER_N, MINUS, NINE, OPEN_BRACE, OPEN_BRACKET, QUOTE, ZERO } from './ascii.ts';
import { stringValue } from './json-items.ts';
import { FAILED } from './json-skip.ts';
import type { Member, Message, MessageKind, ScanFailure, Span } from './message.ts';
import { MessageScanner } from './message-scanner.ts';
import { NameTable } from './name-table.ts';

/** How deep objects and arrays may be nested at the most; the message itself is 1. What clients send has a lower bound. */
export const MAX_DEPTH = 1_000;

export interface ScanLimits {
  /** The scanner recurses: up to MAX_DEPTH, of which a stack holds three times as many. */
  readonly maxDepth: number;
}

const DEFAULT_LIMITS: ScanLimits = { maxDepth: MAX_DEPTH };

const VERSIONS = new NameTable(new Set(['2.0']));
/** Methods that need no new string each time. */
const FREQUENT_METHODS = new NameTable(
  new Set([
    'ping',
    'tools/call',
    'tools/list',
    'prompts/get',
    'resources/read',
    'notifications/cancelled',
    'notifications/message',
    'notifications/progress',
  ]),
);

/** The message in the bytes, or why there is none. */
export function scanMessage(bytes: Buffer, limits: ScanLimits = DEFAULT_LIMITS): Message | ScanFailure {
  if (!isUtf8(bytes)) return { kind: 'parse', reason: 'not valid UTF-8', offset: 0, id: undefined };
  const scanner = new MessageScanner(bytes, bytes.length, limits.maxDepth);
  const start = scanner.space(0);
  const isObject = bytes[start] === OPEN_BRACE;
  const end = isObject ? scanner.object(start, 1, scanner) : scanner.value(start, 1);
  if (end === FAILED) return failure('parse', scanner, scanner.offset, scanner.reason);
  const rest = scanner.space(end);
  if (rest < bytes.length) return failure('parse', scanner, rest, 'something after the message');
  if (!isObject) return failure('shape', scanner, start, 'not an object');
  return shape(scanner, { start, end });
}

/** Tells a message from a failure to scan one. */
export function isScanFailure(scanned: Message | ScanFailure): scanned is ScanFailure {
  return scanned.kind === 'parse' || scanned.kind === 'shape';
}

function failure(
  kind: ScanFailure['kind'],
  scanner: MessageScanner,
  offset: number,
  reason: string,
): ScanFailure {
  const { id } = scanner;
  return { kind, reason, offset, id: id !== undefined && isId(scanner.bytes, id) ? id : undefined };
}

/** Checks that valid JSON is JSON-RPC 2.0. */
function shape(scanner: MessageScanner, root: Span): Message | ScanFailure {
  const { bytes, jsonrpc, id, method, params, result, error } = scanner;
  const wrong = (where: Span, reason: string): ScanFailure => failure('shape', scanner, where.start, reason);

  if (jsonrpc === undefined || textOf(bytes, jsonrpc, VERSIONS) !== '2.0')
    return wrong(jsonrpc ?? root, 'jsonrpc is not "2.0"');
  const hasId = id !== undefined && isId(bytes, id);
  if (method !== undefined) {
    if (result !== undefined || error !== undefined)
      return wrong(root, 'both a method and a result or an error');
    const name = textOf(bytes, method, FREQUENT_METHODS);
    if (name === undefined) return wrong(method, 'method is not a string');
    if (id !== undefined && !hasId) return wrong(id, 'id is not a string or a number');
    if (params !== undefined && bytes[params.start] !== OPEN_BRACE && bytes[params.start] !== OPEN_BRACKET) {
      return wrong(params, 'params is not an object');
    }
    return message(scanner, root, hasId ? 'request' : 'notification', id, name, params);
  }
  if (params !== undefined) return wrong(params, 'params without a method');
  if (result !== undefined) {
    if (error !== undefined) return wrong(root, 'both a result and an error');
    if (!hasId) return wrong(id ?? root, 'a result without an id');
    return message(scanner, root, 'result', id, undefined, result);
  }
  if (error === undefined) return wrong(root, 'neither a method nor a result nor an error');
  if (bytes[error.start] !== OPEN_BRACE) return wrong(error, 'error is not an object');
  if (id !== undefined && !hasId && bytes[id.start] !== LOWER_N)
    return wrong(id, 'id is not a string or a number');
  return message(scanner, root, 'error', hasId ? id : undefined, undefined, error);
}

/** The string, without making a new one if it is known; undefined when the value is no string. */
function textOf(bytes: Buffer, value: Span, known: NameTable): string | undefined {
  if (bytes[value.start] !== QUOTE) return undefined;
  return known.find(bytes, value.start, value.end, false) ?? stringValue(bytes, value);
}

function isId(bytes: Buffer, id: Span): boolean {
  const first = bytes[id.start] ?? 0;
  return first === QUOTE || first === MINUS || (first >= ZERO && first <= NINE);
}

function message(
  scanner: MessageScanner,
  root: Span,
  kind: MessageKind,
  id: Span | undefined,
  method: string | undefined,
  body: Member | undefined,
): Message {
  return {
    bytes: scanner.bytes,
    kind,
    id,
    method,
    root,
    body,
    bodyIsObject: body !== undefined && scanner.bytes[body.start] === OPEN_BRACE,
    members: scanner.members,
    meta: scanner.meta,
    metaMembers: scanner.metaMembers,
    cuts: scanner.cuts,
    lookalike: scanner.lookalike,
  };
}
