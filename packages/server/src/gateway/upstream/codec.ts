// What differs between servers of the two eras. A codec turns an exchange into the server's own bytes and what comes
// back into replies, asks and notifications of the exchange.

import type { Message } from '@tutti/wire';
import type { Era } from '../../snapshot/types.ts';
import type { Caller } from '../caller.ts';
import type { Asked, Exchange } from '../exchange.ts';
import type { OutgoingRequest } from './link.ts';

export interface UpstreamCodec {
  readonly era: Era;
  /** The request in the server's era, under the given id. */
  encode(exchange: Exchange, id: number): OutgoingRequest;
  /** A response to the exchange arrived; its flight is over. */
  answered(exchange: Exchange, message: Message): void;
  /** The server asks something. `exchange` is whom it is attributed to; undefined: nobody. */
  asked(message: Message, exchange: Exchange | undefined): void;
  /** The server takes back a question of its own. */
  withdrawn(message: Message): void;
  /** No call of the caller is under way any more (undefined: of nobody): what was asked during them is taken back. */
  takeBack(caller: Caller | undefined): void;
  /** Whether any question of the server is open. */
  readonly isAsking: boolean;
  /** Tells the server that nobody waits for the request any more. */
  cancel(id: number, reason: string | undefined): void;
  /** A request of the gateway itself. `params` is JSON text of an object without `_meta`. */
  encodeOwn(id: number, method: string, params: string): OutgoingRequest;
}

/** What a codec may do with the instance it speaks for. */
export interface CodecHost {
  readonly server: string;
  send(bytes: Buffer): void;
  abort(requestId: number): void;
  /** Sends the exchange's request once more, with what the codec now adds to it. */
  resend(exchange: Exchange): void;
  /** The task that a question of the server is about; undefined when nobody here has it. */
  taskOf(question: Message): Asked | undefined;
  /** The server asked something that cannot be attributed. */
  interactive(): void;
  nowMs(): number;
  readonly askTimeoutMs: number;
  readonly callTimeoutMs: number;
}
