// One run at a time of something that looks at all there is: who asks during a run gets the next one, which sees all
// that is true by then, and they all get the same.

export interface SingleFlight {
  /** Resolves or rejects as the run does that began after this was called. */
  readonly run: () => Promise<void>;
  /** Resolves when the run under way, if any, is over, however it ended. */
  readonly idle: () => Promise<void>;
}

export function createSingleFlight(work: () => Promise<void>): SingleFlight {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function run(): Promise<void> {
    if (running === undefined) {
      running = work().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return run();
      });
    return next;
  }

  return {
    run,
    async idle() {
      await running?.catch(() => undefined);
    },
  };
}
