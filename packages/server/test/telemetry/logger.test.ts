import { describe, expect, it } from 'vitest';
import { createEvents } from '../../src/telemetry/events.ts';
import { createLogger, LOG_LEVELS } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createRedactor } from '../../src/telemetry/redactor.ts';

function capture(level: (typeof LOG_LEVELS)[number], pretty: boolean) {
  const written: string[] = [];
  const redactor = createRedactor();
  redactor.set('test', ['hunter2-secret']);
  const logger = createLogger({
    level,
    pretty,
    redactor,
    destination: { write: (text) => written.push(text) },
  });
  return { logger, written };
}

describe.each([
  ['JSON', false],
  ['pretty', true],
])('the log as %s', (_name, pretty) => {
  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['silent', 0],
  ] as const)('at level %s writes %i of 4 lines', (level, lines) => {
    const { logger, written } = capture(level, pretty);
    for (const severity of ['debug', 'info', 'warn', 'error'] as const) logger[severity]({}, 'message');
    expect(written).toHaveLength(lines);
  });

  it('never holds a secret, in whatever field of whatever event it comes', () => {
    const { logger, written } = capture('debug', pretty);
    const secret = 'a hunter2-secret';
    const events = createEvents({
      logger,
      metrics: createMetrics(),
      logs: { append: (_s, _t, text) => text },
    });
    events.processEnded('one', 1, `exited with code 1; last stderr: ${secret}`);
    events.serverStateChanged('one', 'Failed', secret);
    events.serverRestarting('one', 1, secret);
    events.logFileFailed(secret, secret);
    events.serversRunning(secret);
    expect(written).toHaveLength(5);
    expect(written.join('')).not.toContain('hunter2');
  });
});

it('as JSON has level, time and message', () => {
  const { logger, written } = capture('info', false);
  logger.warn({ server: 'one', count: 2, left: undefined }, 'process started');
  expect(JSON.parse(written[0] ?? '')).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    msg: 'process started',
    server: 'one',
    count: 2,
  });
});

it('on a terminal is one readable line', () => {
  const { logger, written } = capture('info', true);
  logger.info({ server: 'one', reason: 'two words', left: undefined }, 'process ended');
  expect(written[0]).toMatch(/^\d\d:\d\d:\d\d .*INFO.* process ended server=one reason="two words"\n$/);
});
