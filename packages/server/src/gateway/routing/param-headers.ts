// Mcp-Param-* headers mirror arguments that a tool's schema marks with `x-mcp-header`, so that whatever stands between
// can route by them. A client's headers must agree with its body; for clients without headers they are made here.

import { type Message, objectEntries, type Span, spanText, stringValue } from '@tutti/wire';
import type { ToolItem } from '../../snapshot/types.ts';
import { decodeHeaderValue } from '../protocol/classify.ts';
import { HEADER_MISMATCH, rpcError, type RpcError } from '../protocol/rpc.ts';

export type Mirrored =
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> | undefined }
  | { readonly kind: 'mismatch'; readonly error: RpcError };

const NONE: Mirrored = { kind: 'headers', headers: undefined };

/** `given` are the client's own Mcp-Param-* headers, by lower-case suffix; undefined when it has no way to send any. */
export function mirroredParams(
  message: Message,
  wanted: ToolItem['paramHeaders'],
  given: Readonly<Record<string, string>> | undefined,
): Mirrored {
  if (wanted.length === 0) return given === undefined ? NONE : { kind: 'headers', headers: given };
  const headers: Record<string, string> = { ...given };
  for (const { header, path } of wanted) {
    const value = argumentAt(message, path);
    const own = given?.[header.toLowerCase()];
    if (given !== undefined && (own === undefined ? value !== undefined : decodeHeaderValue(own) !== value)) {
      const text = `Header mismatch: Mcp-Param-${header} says '${own ?? ''}', the argument ${path.join('.')} is '${value ?? ''}'.`;
      return { kind: 'mismatch', error: rpcError(HEADER_MISMATCH, text) };
    }
    if (value !== undefined) headers[header.toLowerCase()] = encodeHeaderValue(value);
  }
  return { kind: 'headers', headers };
}

/** The text of a string, number or boolean argument. */
function argumentAt(message: Message, path: readonly string[]): string | undefined {
  let at: Span | undefined = message.members.get('arguments');
  for (const key of path) {
    if (at === undefined) return undefined;
    at = objectEntries(message.bytes, at).findLast((entry) => entry.key === key)?.value;
  }
  if (at === undefined) return undefined;
  const first = message.bytes[at.start];
  if (first === 0x7b || first === 0x5b || first === 0x6e) return undefined;
  return stringValue(message.bytes, at) ?? spanText(message.bytes, at);
}

const SAFE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Values that are not plain visible ASCII travel as base64 of their UTF-8. */
export function encodeHeaderValue(value: string): string {
  if (SAFE.test(value) && !value.startsWith('=?base64?')) return value;
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
