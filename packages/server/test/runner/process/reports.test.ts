import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { createOwnerId } from '../../../src/runner/process/owner-tag.ts';
import { createProcessRunner } from '../../../src/runner/process/process-runner.ts';
import { createEvents } from '../../../src/telemetry/events.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createRedactor } from '../../../src/telemetry/redactor.ts';
import { createServerLogs } from '../../../src/telemetry/server-logs.ts';
import { never, program } from './harness.ts';

it('a process is told of in the log of its server, in the metrics and in the reason, without secrets', async () => {
  verifies('SUP-05', 'SUP-04', 'SUP-10', 'OPS-07');
  const stateDir = mkdtempSync(join(tmpdir(), 'tutti-reports-'));
  const written: string[] = [];
  const redactor = createRedactor();
  redactor.set('crash', ['EXAMPLE_KEY']);
  const metrics = createMetrics();
  const destination = { write: (text: string) => void written.push(text) };
  const logger = createLogger({ level: 'debug', pretty: false, redactor, destination });
  await using logs = createServerLogs({
    dir: join(stateDir, 'logs'),
    clock: systemClock,
    redactor,
    fileFailed: () => {},
  });
  await using runner = createProcessRunner({
    ownerId: createOwnerId(statSync(stateDir, { bigint: true }), `reports${process.pid}`),
    baseEnv: process.env,
    platform: process.platform,
    logs,
    events: createEvents({ logger, metrics, logs }),
    clock: systemClock,
  });
  const children = async (): Promise<string[]> =>
    (await metrics.render()).body.split('\n').filter((line) => line.startsWith('tutti_children{'));

  const running = await runner.start(program('crash.mjs'), never);
  expect(await children()).toEqual(['tutti_children{server="crash"} 1']);
  const { reason } = await running.ended;
  expect(reason).toBe('exited with code 3; last stderr: reading settings | no API key: set [secret]');
  await eventually(() => logs.tail('crash', 10).length === 4);
  expect(logs.tail('crash', 10).map(({ stream, text }) => `${stream}: ${text}`)).toEqual([
    `tutti: started (pid ${running.pid})`,
    'stderr: reading settings',
    'stderr: no API key: set [secret]',
    `tutti: ended (pid ${running.pid}): ${reason}`,
  ]);
  expect(await children()).toEqual(['tutti_children{server="crash"} 0']);
  expect(written.join('')).toContain('process ended');
  expect(written.join('')).not.toContain('EXAMPLE_KEY');
});
