// Waits for something that may take its time, unless the start is given up meanwhile.

import { AppError } from '../kernel/errors.ts';

export async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await work;
  using done = new DisposableStack();
  const aborted = new Promise<void>((resolve) => {
    const stop = (): void => resolve();
    signal.addEventListener('abort', stop, { once: true });
    done.defer(() => signal.removeEventListener('abort', stop));
  });
  if (!signal.aborted) await Promise.race([work, aborted]);
  if (signal.aborted) throw new AppError('cancelled', 'interrupted before it was ready');
}
