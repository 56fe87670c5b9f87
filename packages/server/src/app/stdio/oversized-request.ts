// The id of a request on a line that is too long to be read: told from its two ends, which is where all who write
// JSON-RPC put it. Pure. The line of a notification or an answer has none.

const ID = String.raw`"id"\s*:\s*("[^"\\]*"|-?\d{1,20})\s*`;
const TEXT = String.raw`"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*`;
/** All before the first member that can be long; a method among it makes it a request. */
const START = new RegExp(String.raw`^\s*\{\s*((?:${TEXT},\s*)*)(?:${ID},\s*)?((?:${TEXT},\s*)*)"`);
// The last brace closes the message, so that a member right before it is one of its own.
const END = new RegExp(String.raw`,\s*${ID}(?:,\s*${TEXT})*\}\s*$`);

/** The JSON text of the id. */
export function oversizedRequestId(head: Buffer, tail: Buffer): string | undefined {
  const start = START.exec(head.toString());
  if (start === null || !`${start[1]}${start[3]}`.includes('"method"')) return undefined;
  return start[2] ?? END.exec(tail.toString())?.[1];
}
