// Every cell of calls per second: which targets it has, and how they are wired.

import { join } from 'node:path';
import type { Generator } from '../load/client.ts';
import type { Era, Payload } from '../load/requests.ts';
import { startHttpFloor, startHttpUpstream, startStdioFloor, stdioUpstream } from '../targets/bare.ts';
import { keepAwake } from '../targets/awake.ts';
import { startMcpProxy, startSupergateway } from '../targets/peers.ts';
import type { Path, Target } from '../targets/target.ts';
import { startTuttiTarget } from '../targets/tutti.ts';
import { measureCell, type Cell, type CellResult, type Pace } from './calls.ts';

export const CALLERS = [1, 8, 32] as const;
const PAYLOADS: readonly Payload[] = ['small', 'big'];
const ERAS: readonly Era[] = ['legacy', 'modern'];

export interface CallsOptions {
  readonly folder: string;
  /** The `tutti` to measure. */
  readonly bin: string;
  readonly pace: Pace;
  readonly progress: (line: string) => void;
}

/** The whole table; modern clients are measured with small calls only, as nothing but the envelope differs. */
export async function measureAllCalls(generator: Generator, options: CallsOptions): Promise<CellResult[]> {
  const results: CellResult[] = [];
  for (const path of ['http-stdio', 'http-http'] as const) {
    for (const era of ERAS) {
      await using wiring = await wire(path, era, options);
      for (const payload of era === 'modern' ? (['small'] as const) : PAYLOADS) {
        for (const callers of CALLERS) {
          const cell: Cell = { path, era, payload, callers };
          options.progress(`${path} ${era} ${payload} ${callers} callers`);
          // More callers than one leave no core without work.
          using _awake = callers === 1 ? keepAwake() : undefined;
          results.push(await measureCell(generator, cell, wiring.targets, options.pace));
        }
      }
    }
  }
  return results;
}

interface Wiring extends AsyncDisposable {
  readonly targets: readonly Target[];
}

/**
 * HTTP → stdio: a legacy server, as nearly all are. HTTP → HTTP: a server of the callers' own era. `direct` is always the
 * HTTP server of the callers' era: what a call costs with nothing in between.
 */
async function wire(path: Path, era: Era, { folder, bin }: CallsOptions): Promise<Wiring> {
  await using stack = new AsyncDisposableStack();
  const direct = stack.use(await startHttpUpstream(era));
  const targets: Target[] = [direct];
  const add = async (starting: Promise<Target>): Promise<void> => {
    targets.push(stack.use(await starting));
  };
  const tuttiFolder = join(folder, `${path}-${era}`);
  if (path === 'http-http') {
    await add(startHttpFloor(direct.url));
    await add(startTuttiTarget(tuttiFolder, { type: 'http', url: direct.url }, bin));
  } else {
    await add(startStdioFloor('legacy'));
    const server = { command: process.execPath, args: stdioUpstream('legacy') };
    await add(startTuttiTarget(tuttiFolder, server, bin));
    if (era === 'legacy') {
      await add(startSupergateway());
      await add(startMcpProxy());
    }
  }
  const owned = stack.move();
  return { targets, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
