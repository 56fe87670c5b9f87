// Decides what an incoming HTTP POST is, from headers and message alone. Pure: https://modelcontextprotocol.io/specification
// (2026-07-28 basic/transports; 2025-11-25 basic/transports).

import { ENVELOPE, type Message, stringValue } from '@tutti/wire';
import { eraOf, LEGACY_REVISIONS, MODERN_REVISION } from './revisions.ts';
import { isLegacyOnly, routeBy } from './methods.ts';
import {
  HEADER_MISMATCH,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  rpcError,
  type RpcError,
  UNSUPPORTED_PROTOCOL_VERSION,
} from './rpc.ts';

/** Header values by lower-case name, as node:http has them. */
export type HeaderValues = Readonly<Record<string, string | string[] | undefined>>;

export type Classified =
  | { readonly kind: 'legacy'; readonly sessionId: string | undefined }
  | { readonly kind: 'modern' }
  | { readonly kind: 'refused'; readonly httpStatus: number; readonly error: RpcError };

function refused(httpStatus: number, error: RpcError): Classified {
  return { kind: 'refused', httpStatus, error };
}

export function classifyPost(headers: HeaderValues, message: Message): Classified {
  const header = headerValue(headers, 'mcp-protocol-version');
  const envelopeVersion = metaString(message, ENVELOPE.protocolVersion);
  const modern =
    header === MODERN_REVISION ||
    envelopeVersion !== undefined ||
    message.metaMembers.has(ENVELOPE.protocolVersion);
  if (!modern) return classifyLegacy(headers, header);
  return classifyModern(headers, header, envelopeVersion, message);
}

function classifyLegacy(headers: HeaderValues, version: string | undefined): Classified {
  if (version !== undefined && eraOf(version) !== 'legacy') return refused(400, unsupportedVersion(version));
  return { kind: 'legacy', sessionId: headerValue(headers, 'mcp-session-id') };
}

function classifyModern(
  headers: HeaderValues,
  headerVersion: string | undefined,
  envelopeVersion: string | undefined,
  message: Message,
): Classified {
  if (message.kind === 'notification') {
    // Nothing in the modern era is cancelled or reported by a notification over HTTP; accepted and dropped.
    return { kind: 'modern' };
  }
  if (message.kind !== 'request')
    return refused(400, rpcError(-32600, 'A client sends requests, never responses, since 2026-07-28.'));
  const method = message.method ?? '';
  if (headerVersion !== undefined && envelopeVersion !== undefined && headerVersion !== envelopeVersion)
    return refused(400, mismatch('MCP-Protocol-Version', headerVersion, envelopeVersion));
  const envelope = envelopeProblem(message);
  if (envelope !== undefined) return refused(400, rpcError(INVALID_PARAMS, envelope));
  if (envelopeVersion !== MODERN_REVISION) return refused(400, unsupportedVersion(envelopeVersion ?? ''));
  if (headerVersion === undefined)
    return refused(
      400,
      rpcError(
        HEADER_MISMATCH,
        'Header mismatch: MCP-Protocol-Version is missing; send it with every request.',
      ),
    );
  const headerProblem = modernHeaderProblem(headers, message, method);
  if (headerProblem !== undefined) return refused(400, headerProblem);
  if (isLegacyOnly(method))
    return refused(
      404,
      rpcError(METHOD_NOT_FOUND, `Method not found: ${method} was removed in ${MODERN_REVISION}.`),
    );
  return { kind: 'modern' };
}

/** The standard headers must say what the body says. */
function modernHeaderProblem(headers: HeaderValues, message: Message, method: string): RpcError | undefined {
  const methodHeader = headerValue(headers, 'mcp-method');
  if (methodHeader === undefined)
    return rpcError(HEADER_MISMATCH, 'Header mismatch: Mcp-Method is missing; send it with every request.');
  if (methodHeader !== method) return mismatch('Mcp-Method', methodHeader, method);
  const named = namedMember(method);
  if (named === undefined) return undefined;
  const member = message.members.get(named);
  const value = member === undefined ? undefined : stringValue(message.bytes, member);
  const nameHeader = headerValue(headers, 'mcp-name');
  if (value === undefined) return undefined;
  if (nameHeader === undefined)
    return rpcError(HEADER_MISMATCH, `Header mismatch: Mcp-Name is missing; send params.${named} in it.`);
  const decoded = decodeHeaderValue(nameHeader);
  return decoded === value ? undefined : mismatch('Mcp-Name', nameHeader, value);
}

/** The member of params that Mcp-Name mirrors, if the method has one. */
export function namedMember(method: string): 'name' | 'uri' | 'taskId' | undefined {
  switch (routeBy(method)) {
    case 'tool':
    case 'prompt':
      return 'name';
    case 'uri':
      return method === 'resources/read' ? 'uri' : undefined;
    case 'task':
      return isLegacyOnly(method) ? undefined : 'taskId';
    case 'ref':
    case 'server':
      return undefined;
  }
}

function envelopeProblem(message: Message): string | undefined {
  const version = message.metaMembers.get(ENVELOPE.protocolVersion);
  if (version === undefined) return `Invalid params: _meta["${ENVELOPE.protocolVersion}"] is required.`;
  if (stringValue(message.bytes, version) === undefined)
    return `Invalid params: _meta["${ENVELOPE.protocolVersion}"] must be a string.`;
  const capabilities = message.metaMembers.get(ENVELOPE.clientCapabilities);
  if (capabilities === undefined)
    return `Invalid params: _meta["${ENVELOPE.clientCapabilities}"] is required.`;
  if (message.bytes[capabilities.start] !== 0x7b)
    return `Invalid params: _meta["${ENVELOPE.clientCapabilities}"] must be an object.`;
  const clientInfo = message.metaMembers.get(ENVELOPE.clientInfo);
  if (clientInfo !== undefined && message.bytes[clientInfo.start] !== 0x7b)
    return `Invalid params: _meta["${ENVELOPE.clientInfo}"] must be an object.`;
  return undefined;
}

function mismatch(header: string, headerText: string, bodyText: string): RpcError {
  return rpcError(
    HEADER_MISMATCH,
    `Header mismatch: ${header} says '${headerText}', the body says '${bodyText}'.`,
  );
}

function unsupportedVersion(requested: string): RpcError {
  return rpcError(UNSUPPORTED_PROTOCOL_VERSION, `Unsupported protocol version ${requested}.`, {
    supported: [MODERN_REVISION, ...LEGACY_REVISIONS],
    requested,
  });
}

function metaString(message: Message, name: string): string | undefined {
  const member = message.metaMembers.get(name);
  return member === undefined ? undefined : stringValue(message.bytes, member);
}

export function headerValue(headers: HeaderValues, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
}

const BASE64_FORM = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/** Undoes the encoding of values that are not safe header text; undefined when it is not done right. */
export function decodeHeaderValue(value: string): string | undefined {
  const encoded = BASE64_FORM.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes.toString('utf8') : undefined;
}
