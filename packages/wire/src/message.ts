// A JSON-RPC message as bytes, with the places of the few members that Tutti owns.

/** Byte offsets into the message; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A member of an object: where its key (with quotes) starts, and the span of its value. */
export interface Member extends Span {
  readonly keyStart: number;
}

export type Members = ReadonlyMap<string, Member>;

export type MessageKind = 'request' | 'notification' | 'result' | 'error';

/** One scanned message. `bytes` holds exactly one JSON object and whitespace around it. */
export interface Message {
  readonly bytes: Buffer;
  readonly kind: MessageKind;
  /** The JSON text of the id, quotes included. */
  readonly id: Span | undefined;
  /** The decoded method; undefined in responses. */
  readonly method: string | undefined;
  /** The span of the whole top-level object, `{` to `}`. */
  readonly root: Span;
  /** The value of params, result or error, as a member of the root; undefined when there is none. */
  readonly body: Member | undefined;
  /** Whether the body is an object; only then `members` can hold anything. */
  readonly bodyIsObject: boolean;
  /** Members of the body whose names are in OWNED_MEMBERS. A repeated name: the last one, as JSON.parse has it. */
  readonly members: Members;
  /** `_meta` of the body when it is an object. */
  readonly meta: Member | undefined;
  /** Members of `_meta` whose names are in OWNED_META. */
  readonly metaMembers: Members;
  /** The losers of repeated owned names, each from its key to the next key: cut them before passing the message on. */
  readonly cuts: readonly Span[];
  /** A member that some servers would take for one that Tutti looks at. */
  readonly lookalike: Lookalike | undefined;
}

/** A name that differs from a known one by the case of its letters only: some readers, those in Go among them, don't tell
 *  the two apart, and take the last one. */
export interface Lookalike {
  /** Known to JSON-RPC or to all requests, or a member of params that is known to some. */
  readonly where: 'message' | 'params';
  /** JSON text of the key. */
  readonly key: Span;
  readonly name: string;
}

/** Names of body members that the scanner records. `_meta` is here as a member, whatever its value. */
export const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  '_meta',
  'name',
  'uri',
  'cursor',
  'arguments',
  'task',
  'taskId',
  'level',
  'ref',
  'argument',
  'progressToken',
  'requestId',
  'reason',
  'requestState',
  'inputResponses',
  'inputRequests',
  'resultType',
  'ttlMs',
  'cacheScope',
  'nextCursor',
  'notifications',
  'protocolVersion',
  'capabilities',
  'clientInfo',
  'serverInfo',
  'instructions',
  'supportedVersions',
  'tools',
  'prompts',
  'resources',
  'resourceTemplates',
  'tasks',
  'code',
  'message',
  'data',
  'isError',
  'status',
  'result',
  'error',
]);

/** Members of params by which requests are routed and checked, `_meta` apart. */
export const REQUEST_MEMBERS: ReadonlySet<string> = new Set([
  'name',
  'uri',
  'arguments',
  'task',
  'taskId',
  'ref',
  'argument',
  'requestState',
  'inputResponses',
]);

/** Names of `_meta` members that the scanner records. */
export const OWNED_META: ReadonlySet<string> = new Set([
  'progressToken',
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/logLevel',
  'io.modelcontextprotocol/serverInfo',
  'io.modelcontextprotocol/subscriptionId',
  'io.modelcontextprotocol/related-task',
  'dev.tutti/claim',
]);

/** Why bytes are not a message. `parse` is not JSON (or too deep, or not UTF-8); `shape` is JSON but not JSON-RPC 2.0. */
export interface ScanFailure {
  readonly kind: 'parse' | 'shape';
  readonly reason: string;
  /** Where scanning stopped, in bytes. */
  readonly offset: number;
  /** The id if it could still be told, so that the answer can carry it. */
  readonly id: Span | undefined;
}
