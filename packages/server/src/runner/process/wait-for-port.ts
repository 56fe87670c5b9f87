// Waits until somebody listens: a wrapped HTTP server is dialled only then. Before it is started nobody may: whoever
// listens there already would be taken for it.

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

/** What is on its way out may hold its port for so long. */
const VACATE_MS = 2_000;

/** Whether somebody listens, and goes on to. */
export async function isPortTaken(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(VACATE_MS)]);
  while (await accepts(host, port, signal)) {
    if (patience.aborted) return true;
    await pause(POLL_MS, undefined, { signal: patience }).catch(() => {});
  }
  return false;
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
