// Which request a line was the answer to that is too long or too broken to be read: told from its two ends, which is
// where all who write JSON-RPC put the id. Pure. A line that may be something else than an answer answers nothing.

const BEFORE_RESULT =
  /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?(?:"id"\s*:\s*(\d{1,15})\s*,\s*)?(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"/;
// The last brace closes the message, so that a member right before it is one of its own.
const AFTER_RESULT = /,\s*"id"\s*:\s*(\d{1,15})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

/** The number that the answer names; undefined when it is none, or can't be told. */
export function answeredId(head: Buffer, tail: Buffer): number | undefined {
  const start = BEFORE_RESULT.exec(head.toString('latin1'));
  if (start === null) return undefined;
  const id = start[1] ?? AFTER_RESULT.exec(tail.toString('latin1'))?.[1];
  return id === undefined ? undefined : Number(id);
}
