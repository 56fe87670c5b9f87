// Where messages to a client go.

/** Bytes as text, one character each (latin1): how a socket takes them with the least work. */
export type ByteText = string;

export interface Sink {
  /** A message that is not the last one of its stream. */
  send(message: Buffer): void;
}

/** The way back of one request: any number of messages, then the response or nothing. */
export interface ReplySink extends Sink {
  end(response: ByteText | undefined): void;
}

/** The same for a modern client, for whom an error also has an HTTP status. */
export interface StatusSink extends Sink {
  /** `errorCode` is the JSON-RPC code when the response is an error. */
  end(response: ByteText, errorCode: number | undefined): void;
}
