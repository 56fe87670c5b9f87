// Reports that have to be heard: said again until they are answered, whatever the connection does. A report carries the
// number of its claim, so that saying it twice does no harm.

import { TuttiApiError } from '../errors.ts';
import { backoffMs, pause, type Backoff } from './backoff.ts';
import { isTransient } from './work-api.ts';

export type Heard<T> =
  | { readonly kind: 'accepted'; readonly value: T }
  /** It had been heard before, and only the answer was lost. */
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly error: TuttiApiError }
  /** Nobody answered until the signal. */
  | { readonly kind: 'unheard' };

export interface ReportOptions {
  readonly backoff: Backoff;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onDelay: (error: unknown, attempts: number) => void;
}

export async function untilHeard<T>(
  send: (signal: AbortSignal) => Promise<T>,
  { backoff, random, signal, onDelay }: ReportOptions,
): Promise<Heard<T>> {
  for (let attempts = 1; !signal.aborted; attempts += 1) {
    try {
      return { kind: 'accepted', value: await send(signal) };
    } catch (error) {
      if (signal.aborted) break;
      if (error instanceof TuttiApiError && !isTransient(error)) {
        const isOwn = attempts > 1 && error.details['kind'] === 'already_done';
        return isOwn ? { kind: 'repeated' } : { kind: 'refused', error };
      }
      onDelay(error, attempts);
      await pause(backoffMs(backoff, attempts, random), signal);
    }
  }
  return { kind: 'unheard' };
}
