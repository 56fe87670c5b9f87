// What waits ends with the request, or when Tutti stops.

import { AppError } from '../../kernel/errors.ts';

/** Rejects as what waits does with the reason of its signal. */
export async function untilClosing<T>(
  request: AbortSignal,
  closing: AbortSignal,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ends = new AbortController();
  const gone = (): void => ends.abort(new AppError('cancelled', 'The request was given up.'));
  const stopping = (): void => ends.abort(new AppError('unavailable', 'Tutti is stopping; ask again later.'));
  request.addEventListener('abort', gone);
  closing.addEventListener('abort', stopping);
  if (closing.aborted) stopping();
  else if (request.aborted) gone();
  try {
    return await wait(ends.signal);
  } finally {
    request.removeEventListener('abort', gone);
    closing.removeEventListener('abort', stopping);
  }
}
