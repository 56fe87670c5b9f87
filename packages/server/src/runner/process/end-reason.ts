// Pure: how a process ended, in words that a person or a model can act on.

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Lines of stderr in a reason. */
export const REASON_LINES = 5;
/** Characters of stderr in a reason; the last ones. */
const REASON_CHARS = 1_000;

/** `cause` is why we ended it, undefined when it ended by itself. */
export function endReason(
  exit: Exit | undefined,
  cause: string | undefined,
  stderr: readonly string[],
): string {
  if (cause !== undefined) return `${cause} (${describeExit(exit)})`;
  const tail = stderr.join(' | ');
  const shown = tail.length > REASON_CHARS ? `…${tail.slice(-REASON_CHARS)}` : tail;
  return shown === '' ? describeExit(exit) : `${describeExit(exit)}; last stderr: ${shown}`;
}

function describeExit(exit: Exit | undefined): string {
  if (exit === undefined) return 'does not die of SIGKILL';
  return exit.signal === null ? `exited with code ${exit.code}` : `killed by ${exit.signal}`;
}
