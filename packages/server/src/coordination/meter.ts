// What coordination lets itself be measured by.

export interface CoordinationMeter {
  /** A transaction takes so many intents; the oldest of them waited this long. */
  batchTaken(intents: number, waitedMs: number): void;
  /** A round gave out so many tasks. */
  roundDone(assignments: number): void;
  heartbeatsWritten(agents: number): void;
}

export const NO_METER: CoordinationMeter = {
  batchTaken: () => undefined,
  roundDone: () => undefined,
  heartbeatsWritten: () => undefined,
};
