// What an instance is given and what it tells.

import type { Message } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import type { ServerEntry } from '../../snapshot/types.ts';
import type { Asked, Exchange } from '../exchange.ts';
import type { Connection, InstanceEnd } from '../ports.ts';
import type { Instance } from './instance.ts';
import type { Link, LinkHandlers } from './link.ts';

/** Whose instance it is, and what it declares to the server on its clients' behalf. */
export interface InstanceScope {
  /** `shared`, or the key of its one owner. */
  readonly key: string;
  /** JSON text of the capabilities declared to a legacy server. */
  readonly capabilities: string;
  /** JSON text of the client's name declared to a legacy server. */
  readonly clientInfo: string;
}

export interface InstanceDeps {
  readonly clock: Clock;
  readonly scope: InstanceScope;
  /** The server's entry as it is now: its limits may change while the instance lives. */
  readonly entry: () => ServerEntry;
  readonly open: (signal: AbortSignal) => Promise<Connection>;
  readonly openLink: (connection: Connection, handlers: LinkHandlers) => Promise<Link>;
  readonly seal: (exchange: Exchange, state: string) => string;
  readonly askTimeoutMs: number;
  /** JSON text of the gateway's own name and version. */
  readonly self: string;
  readonly events: InstanceEvents;
}

/** What the pool hears of an instance. */
export interface InstanceEvents {
  ready(instance: Instance): void;
  /** Once; `orphans` never reached the server and may go to another instance. */
  ended(instance: Instance, end: InstanceEnd, orphans: readonly Exchange[]): void;
  interactive(instance: Instance): void;
  /** The task that a question is about. */
  taskOf(instance: Instance, question: Message): Asked | undefined;
  /** A notification that is not part of a call; `exchange` is whom it can be attributed to. */
  notified(instance: Instance, message: Message, exchange: Exchange | undefined): void;
  /** A call had an answer, whatever it says. */
  answered(): void;
  /** A call had none. */
  unanswered(reason: string): void;
  /** An exchange that is to be sent once more, by an instance that is over. */
  resend(exchange: Exchange): void;
  serverLog(instance: Instance, stream: 'stdout' | 'log', line: string): void;
  /** A fault of ours while handling what the server sent. */
  failed(error: unknown): void;
  limitReached(limit: string): void;
  healthy(instance: Instance): void;
  unhealthy(instance: Instance, reason: string, failures: number): void;
}
