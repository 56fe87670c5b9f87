// Where messages to a client go.

export interface Sink {
  /** A message that is not the last one of its stream. */
  send(message: Buffer): void;
}

/** The way back of one request: any number of messages, then the response or nothing. */
export interface ReplySink extends Sink {
  end(response: Buffer | undefined): void;
}

/** The same for a modern client, for whom an error also has an HTTP status. */
export interface StatusSink extends Sink {
  /** `errorCode` is the JSON-RPC code when the response is an error. */
  end(response: Buffer, errorCode: number | undefined): void;
}
