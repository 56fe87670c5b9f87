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
  /** A call that takes longer is one that its client may not wait for. */
  readonly longCallAfterMs: number;
  /** How long the result of a call is kept that its client did not wait for. */
  readonly resultTtlMs: number;
}

/** The share of `maxStreams` that streams without an end of their own may take: what is left is for calls, of everybody. */
export const STANDING_SHARE = 3 / 4;

/** Messages of one batch (revision 2025-03-26 only). */
export const MAX_BATCH = 100;

/** Questions that one legacy session, or one call of a modern client, may have open at a time. */
export const MAX_OPEN_ASKS = 64;

/** Rounds of input_required that one call of a legacy client may take. */
export const MAX_INPUT_ROUNDS = 16;

/** Calls that are held for clients which do not wait for them, under way and over. */
export const MAX_HELD_CALLS = 1_000;

/** Bytes of their results, all together. */
export const MAX_HELD_CALL_BYTES = 64 << 20;

/** The share of both that one principal may take. */
export const HELD_SHARE = 1 / 4;

/** The largest result of a held call that is kept over a restart. */
export const MAX_KEPT_RESULT_BYTES = 1 << 20;

/** Bytes of all results that are kept over a restart. */
export const MAX_KEPT_RESULTS_BYTES = 16 << 20;

/** Items of one page of a list. */
export const LIST_PAGE_SIZE = 1_000;

/** How long a client of the modern era may keep a list; changes are announced sooner. */
export const LIST_TTL_MS = 5_000;

/** How long a cancelled or timed out call may still be running at the server for all we know. */
export const GHOST_MS = 2_000;
