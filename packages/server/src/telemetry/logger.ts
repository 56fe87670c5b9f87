// Tutti's own log on stderr: JSON for machines, one readable line for a terminal. Secrets are masked in what is
// written, whichever field they came in. Writing is asynchronous and bounded, so that nobody who fails to read our
// stderr can stop us.

import { styleText } from 'node:util';
import { pino } from 'pino';
import type { Redactor } from './redactor.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
type Severity = Exclude<LogLevel, 'silent'>;

type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
type Log = (fields: LogFields, message: string) => void;

export type Logger = Readonly<Record<Severity, Log>>;

export interface LoggerDeps {
  readonly level: LogLevel;
  readonly pretty: boolean;
  readonly redactor: Redactor;
  readonly destination: LogDestination;
}

export interface LogDestination {
  write(text: string): void;
}

export function createLogger({ level, pretty, redactor, destination }: LoggerDeps): Logger {
  const masked: LogDestination = { write: (text) => destination.write(redactor.mask(text)) };
  if (pretty) return createPrettyLogger(level, masked);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    masked,
  );
}

const COLOURS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

function createPrettyLogger(level: LogLevel, destination: LogDestination): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  const logAt = (severity: Severity): Log => {
    if (LOG_LEVELS.indexOf(severity) < threshold) return () => {};
    const label = styleText(COLOURS[severity], severity.toUpperCase().padEnd(5), { validateStream: false });
    return (fields, message) => {
      const time = new Date().toTimeString().slice(0, 8);
      destination.write(`${time} ${label} ${message}${formatFields(fields)}\n`);
    };
  };
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}=${typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
    )
    .join('');
}
