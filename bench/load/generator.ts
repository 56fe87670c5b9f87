// The load generator's process. It keeps groups of callers open and runs one group at a time on request, so that runs
// of several targets can be interleaved. Talks to its parent over the IPC channel: see `client.ts`.

import { openCaller, type Caller } from './caller.ts';
import { summarize } from './latencies.ts';
import type { GeneratorAnswer, GeneratorRequest, GroupSpec, RunResult } from './client.ts';

const groups = new Map<string, readonly Caller[]>();

process.on('message', (request: GeneratorRequest) => {
  void handle(request).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ kind: 'failed', reason: String(error) } satisfies GeneratorAnswer),
  );
});
process.on('disconnect', () => process.exit(0));

async function handle(request: GeneratorRequest): Promise<GeneratorAnswer> {
  switch (request.kind) {
    case 'open':
      groups.set(request.key, await openGroup(request.group));
      return { kind: 'done' };
    case 'run':
      return { kind: 'ran', result: await runGroup(groupOf(request.key), request.seconds) };
    case 'close':
      for (const caller of groupOf(request.key)) caller.close();
      groups.delete(request.key);
      return { kind: 'done' };
  }
}

function groupOf(key: string): readonly Caller[] {
  const group = groups.get(key);
  if (group === undefined) throw new Error(`no group ${key}`);
  return group;
}

async function openGroup(spec: GroupSpec): Promise<Caller[]> {
  const callers: Caller[] = [];
  let sessionId: string | undefined;
  for (let index = 0; index < spec.callers; index += 1) {
    const caller = await openCaller({
      url: new URL(spec.url),
      era: spec.era,
      tool: spec.tool,
      payload: spec.payload,
      sessionId,
      index,
      stride: spec.callers,
    });
    if (spec.sessions === 'one') sessionId = caller.sessionId;
    callers.push(caller);
  }
  return callers;
}

async function runGroup(callers: readonly Caller[], seconds: number): Promise<RunResult> {
  const latencies: number[] = [];
  const record = (latencyMs: number): void => {
    latencies.push(latencyMs);
  };
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(callers.map((caller) => caller.run(startedAt + seconds * 1000, record)));
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    calls: latencies.length,
    perSecond: (latencies.length / elapsedMs) * 1000,
    latency: summarize(latencies),
    generatorBusy: (cpu.user + cpu.system) / 1000 / elapsedMs,
  };
}
