// What this process uses of the machine.

export interface ResourceUsage {
  /** Cores, on average since it was last read. */
  readonly cpuCores: number;
  readonly memoryBytes: number;
  readonly heapBytes: number;
  readonly uptimeSeconds: number;
}

export function createUsageMeter(): () => ResourceUsage {
  let cpu = process.cpuUsage();
  let atMs = performance.now();
  return () => {
    const used = process.cpuUsage(cpu);
    const nowMs = performance.now();
    const cpuCores = (used.user + used.system) / 1_000 / Math.max(1, nowMs - atMs);
    cpu = process.cpuUsage();
    atMs = nowMs;
    const { rss, heapUsed } = process.memoryUsage();
    return {
      cpuCores: Math.round(cpuCores * 1_000) / 1_000,
      memoryBytes: rss,
      heapBytes: heapUsed,
      uptimeSeconds: Math.round(process.uptime()),
    };
  };
}
