// What the shell learns from a command.

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unavailable: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of each error code of the server; a code that is not here is a plain failure. */
const EXIT_OF_ERROR: ReadonlyMap<string, ExitCode> = new Map([
  ['invalid_request', EXIT.usage],
  ['invalid_params', EXIT.usage],
  ['invalid_config', EXIT.usage],
  ['parse_error', EXIT.usage],
  ['method_not_found', EXIT.notFound],
  ['not_found', EXIT.notFound],
  ['conflict', EXIT.refused],
  ['too_large', EXIT.refused],
  ['refused', EXIT.refused],
  ['unauthorized', EXIT.refused],
  ['overloaded', EXIT.unavailable],
  ['unavailable', EXIT.unavailable],
  ['timeout', EXIT.unavailable],
  ['cancelled', EXIT.interrupted],
  ['outcome_unknown', EXIT.unavailable],
  ['upstream_invalid', EXIT.unavailable],
]);

export function exitCodeOfError(code: string): ExitCode {
  return EXIT_OF_ERROR.get(code) ?? EXIT.failed;
}
