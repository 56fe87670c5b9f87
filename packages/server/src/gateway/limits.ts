// Every bound of the gateway that is not a server's own, by name. The first ones are declared, and have their defaults
// there; the others are fixed.

export interface GatewayLimits {
  /** Largest body of a client's message. */
  readonly maxBodyBytes: number;
  /** Largest head of a client's request. */
  readonly maxHeaderBytes: number;
  /** Time for a client to send its headers. */
  readonly headersTimeoutMs: number;
  /** Time for a client to send its whole request. */
  readonly requestTimeoutMs: number;
  /** Deepest nesting of JSON. */
  readonly maxDepth: number;
  /** Open responses and streams of all clients together, and bodies that are still coming in. */
  readonly maxStreams: number;
  readonly maxSessions: number;
  readonly sessionIdleMs: number;
  readonly sessionAbsoluteMs: number;
  /** Messages kept for a session that has no stream open at the moment. */
  readonly maxPendingMessages: number;
  /** Bytes that a client may leave unread before its stream is dropped. */
  readonly maxUnreadBytes: number;
  /** How long a client may read nothing of what waits for it before it is cut off; longer than `keepAliveMs`. */
  readonly unreadTimeoutMs: number;
  /** How long a client may take to answer a server's question. */
  readonly askTimeoutMs: number;
  /** Calls of modern clients that wait for an answer to a question, all together. */
  readonly maxParked: number;
  /** Resources that one client may be subscribed to. */
  readonly maxSubscriptions: number;
  /** Silence after which an open response becomes an event stream, and then the time between comments on it. */
  readonly keepAliveMs: number;
}

/** The share of `maxStreams` that streams without an end of their own may take: what is left is for calls, of everybody. */
export const STANDING_SHARE = 3 / 4;

/** Messages of one batch (revision 2025-03-26 only). */
export const MAX_BATCH = 100;

/** Questions that one legacy session, or one call of a modern client, may have open at a time. */
export const MAX_OPEN_ASKS = 64;

/** Rounds of input_required that one call of a legacy client may take. */
export const MAX_INPUT_ROUNDS = 16;

/** Items of one page of a list. */
export const LIST_PAGE_SIZE = 1_000;

/** How long a client of the modern era may keep a list; changes are announced sooner. */
export const LIST_TTL_MS = 5_000;

/** How long a cancelled or timed out call may still be running at the server for all we know. */
export const GHOST_MS = 2_000;
