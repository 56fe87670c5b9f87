// The link: how messages of one conversation travel to one server and back. A pipe carries them all on one line;
// HTTP gives each request a response stream of its own, so that what arrives there can be attributed to it.

import type { Message } from '@tutti/wire';
import type { Era } from '../../snapshot/types.ts';
import type { Caller } from '../caller.ts';
import type { InstanceEnd } from '../ports.ts';

/** Why a request will get no answer on this link. */
export type RequestFailure =
  /** A status that is no JSON-RPC answer; `body` is at most MAX_FAILURE_BODY_BYTES. */
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly wwwAuthenticate: string | undefined;
      readonly body: Buffer;
    }
  /** The connection failed. `sent: false` means the server certainly never saw the request. */
  | { readonly kind: 'network'; readonly reason: string; readonly sent: boolean }
  /** The server does not know the session: it certainly did not look at the request. The link will close. */
  | { readonly kind: 'session_lost'; readonly reason: string }
  /** The server answered, but not with JSON-RPC, or over a limit. */
  | { readonly kind: 'garbage'; readonly reason: string };

export interface LinkHandlers {
  /** A valid message from the server. Its bytes are good until the next turn of the event loop: copy what is kept.
   *  `origin` is the request on whose own stream it came; undefined elsewhere. */
  message(message: Message, origin: number | undefined): void;
  failed(requestId: number, failure: RequestFailure): void;
  /** Whose call it is; undefined for what nobody called. */
  readonly callerOf?: (requestId: number) => Caller | undefined;
  /** Something that is not a message arrived outside of a request: for the server's log. */
  stray(text: string): void;
  /** The link is over, once; requests still open get no `failed`. */
  closed(end: InstanceEnd): void;
}

export interface OutgoingRequest {
  /** The id that stands in the bytes; a number that is unique on this link. */
  readonly id: number;
  readonly method: string;
  readonly bytes: Buffer;
  /** For HTTP in the modern era: the value of Mcp-Name, before any encoding. */
  readonly name: string | undefined;
  /** For HTTP in the modern era: the Mcp-Param-* headers, by suffix, already encoded. */
  readonly paramHeaders: Readonly<Record<string, string>> | undefined;
}

/** What the handshake agreed on; decides headers, sessions and standing streams of HTTP links. */
export interface LinkAgreement {
  readonly era: Era;
  readonly protocolVersion: string;
}

export interface Link {
  request(request: OutgoingRequest): void;
  /** Sends a notification or a response. */
  send(bytes: Buffer): void;
  /** Stops waiting for a request: HTTP closes its stream, a pipe does nothing. No `failed` follows. */
  abort(requestId: number): void;
  /** Called when the era is decided, before `notifications/initialized` is sent; on HTTP it may be called before each
   *  handshake attempt, so that the attempt has the headers of its era. */
  agree(agreement: LinkAgreement): void;
  /** Opens the standing stream that a legacy HTTP server may offer (GET); elsewhere nothing. */
  listen(): void;
  close(): Promise<void>;
}
