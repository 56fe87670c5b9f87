// The generator as its parent sees it.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LatencySummary } from './latencies.ts';
import type { Era, Payload } from './requests.ts';

export interface GroupSpec {
  readonly url: string;
  readonly era: Era;
  readonly callers: number;
  /** Legacy only: a session for each caller, or one for all. */
  readonly sessions: 'each' | 'one';
  readonly tool: string;
  readonly payload: Payload;
}

export interface RunResult {
  readonly calls: number;
  readonly perSecond: number;
  readonly latency: LatencySummary;
  /** The generator's CPU time over wall time: near 1 it would be the limit itself. */
  readonly generatorBusy: number;
}

export type GeneratorRequest =
  | { readonly kind: 'open'; readonly key: string; readonly group: GroupSpec }
  | { readonly kind: 'run'; readonly key: string; readonly seconds: number }
  | { readonly kind: 'close'; readonly key: string };

export type GeneratorAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'ran'; readonly result: RunResult }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Generator extends Disposable {
  open(key: string, group: GroupSpec): Promise<void>;
  run(key: string, seconds: number): Promise<RunResult>;
  close(key: string): Promise<void>;
}

export function startGenerator(): Generator {
  const child = fork(fileURLToPath(new URL('generator.ts', import.meta.url)), [], { stdio: 'inherit' });

  /** One request at a time: the runs must not overlap anyway. */
  const ask = (request: GeneratorRequest): Promise<GeneratorAnswer> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the load generator ended'));
      child.once('exit', ended);
      child.once('message', (answer: GeneratorAnswer) => {
        child.off('exit', ended);
        if (answer.kind === 'failed') reject(new Error(answer.reason));
        else resolve(answer);
      });
      child.send(request);
    });

  return {
    open: async (key, group) => void (await ask({ kind: 'open', key, group })),
    run: async (key, seconds) => {
      const answer = await ask({ kind: 'run', key, seconds });
      if (answer.kind !== 'ran') throw new Error('the load generator gave no result');
      return answer.result;
    },
    close: async (key) => void (await ask({ kind: 'close', key })),
    [Symbol.dispose]: () => {
      child.disconnect();
    },
  };
}
