// PostgreSQL's error codes and broken connections as the store's own failures.
// https://www.postgresql.org/docs/current/errcodes-appendix.html

import { messageOf, StoreError, type StoreFailure } from '../store-error.ts';

const OF_CODE: Readonly<Record<string, StoreFailure>> = {
  '23505': 'unique_violation',
  '40001': 'contention',
  '40P01': 'contention',
  '55P03': 'contention',
  // statement_timeout, idle_in_transaction_session_timeout, transaction_timeout
  '57014': 'time_limit',
  '25P03': 'time_limit',
  '25P04': 'time_limit',
  // shutting down, crashed, starting
  '57P01': 'connection_lost',
  '57P02': 'connection_lost',
  '57P03': 'connection_lost',
  // too many connections
  '53300': 'connection_lost',
  '53100': 'disk_full',
  '25006': 'storage',
  // no right to do it
  '42501': 'storage',
};

const OF_CLASS: Readonly<Record<string, StoreFailure>> = {
  '08': 'connection_lost',
  '23': 'constraint_violation',
  // wrong user, password or database
  '28': 'connection_lost',
  '3D': 'connection_lost',
  '53': 'storage',
  '58': 'storage',
  XX: 'storage',
};

/** SQLSTATE: five characters, and never the name of a system error such as EPIPE. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

export function postgresError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = textMember(error, 'code');
  const message = messageOf(error);
  const options = { cause: error, details: { code } };
  if (code === undefined || !isSqlState(error, code))
    return new StoreError('connection_lost', `${UNREACHABLE} (${message})`, options);
  const failure = OF_CODE[code] ?? OF_CLASS[code.slice(0, 2)] ?? 'invalid_statement';
  if (failure !== 'unique_violation')
    return new StoreError(failure, `${adviceFor(code, failure)}${message}`, options);
  const table = textMember(error, 'table');
  return new StoreError('unique_violation', `${table ?? 'a table'} has a row with this key already`, {
    cause: error,
    details: { table },
  });
}

const UNREACHABLE = 'PostgreSQL cannot be reached; check that it runs and that TUTTI_STORE names it rightly';

const ADVICE: Partial<Record<StoreFailure, string>> = {
  contention: 'lost against another transaction; try again: ',
  connection_lost: `${UNREACHABLE}: `,
  disk_full: 'the disk of PostgreSQL is full; make room: ',
  storage: 'PostgreSQL cannot do its work; see its log: ',
  time_limit: 'PostgreSQL gave up: ',
};

/** Where a code or its class says more than the failure does. */
const ADVICE_OF_CODE: Readonly<Record<string, string>> = {
  '28': 'PostgreSQL refuses the login; correct user and password in TUTTI_STORE: ',
  '3D': 'PostgreSQL has no such database; create it, or correct TUTTI_STORE: ',
  '42501': 'the user of TUTTI_STORE lacks a right; grant it, or create the schema for that user: ',
};

function adviceFor(code: string, failure: StoreFailure): string {
  return ADVICE_OF_CODE[code] ?? ADVICE_OF_CODE[code.slice(0, 2)] ?? ADVICE[failure] ?? '';
}

/** What the server said has a severity; what the client or the network said has none. */
function isSqlState(error: unknown, code: string): boolean {
  return SQLSTATE.test(code) && textMember(error, 'severity') !== undefined;
}

function textMember(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'string' ? member : undefined;
}
