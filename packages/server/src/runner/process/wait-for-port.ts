// Waits until somebody listens: a wrapped HTTP server is dialled only then.

import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../kernel/errors.ts';

const POLL_MS = 50;
/** An attempt that hangs is given up, and the next one made. */
const ATTEMPT_MS = 1_000;

/** Resolves at the first accepted connection. Rejects with `cancelled` when the signal is aborted. */
export async function waitForPort(host: string, port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await accepts(host, port, signal)) return;
    await pause(POLL_MS, undefined, { signal }).catch(() => {});
  }
  throw new AppError('cancelled', `nobody listens on ${host}:${port}`, { cause: signal.reason });
}

function accepts(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ATTEMPT_MS, signal });
    const settle = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', settle(true));
    socket.once('timeout', settle(false));
    socket.on('error', settle(false));
  });
}
