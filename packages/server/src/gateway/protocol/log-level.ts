// Severity of log notifications (RFC 5424), least severe first.

const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** Rank of a level; an unknown one ranks as `info`. */
export function levelRank(level: string): number {
  const rank = LEVELS.findIndex((known) => known === level);
  return rank === -1 ? 1 : rank;
}

export function isLevel(level: string): boolean {
  return LEVELS.some((known) => known === level);
}

/** Whether a client that asked for `wanted` sees a message of `level`. */
export function isWanted(level: string, wanted: string | undefined): boolean {
  return wanted !== undefined && levelRank(level) >= levelRank(wanted);
}
