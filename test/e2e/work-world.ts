// A running Tutti with keys for agents, and its API about agents and tasks as they call it.

import { ApiErrorBodySchema, type ApiErrorBody, HandoutSchema, type Handout } from '@tutti/schemas';
import { createSseReader } from '../support/sse.ts';
import { startGateway, type Gateway, type GatewayOptions } from '../support/gateway.ts';

export const ANNA = 'anna-has-a-long-secret-1';
export const BERT = 'bert-has-a-long-secret-1';
export const VERA = 'vera-may-look-at-things-1';
export const NOBODY = 'nobody-has-no-role-at-all';

const key = (name: string, roles: readonly string[]) => ({
  name,
  secret: `\${${name.toUpperCase()}_KEY}`,
  roles,
});
export const KEYS = {
  anna: key('anna', ['agent']),
  bert: key('bert', ['agent']),
  vera: key('vera', ['viewer']),
  nobody: key('nobody', []),
};

export const settings = (keys: readonly object[], auth: object = {}): string =>
  JSON.stringify({
    apiVersion: 'tutti.dev/v1alpha1',
    kind: 'Gateway',
    metadata: { name: 'gateway' },
    spec: { auth: { keys, ...auth } },
  });

export function startWorkGateway(options: GatewayOptions = {}): Promise<Gateway> {
  return startGateway({
    servers: {},
    ...options,
    files: { 'gateway.json': settings(Object.values(KEYS)), ...options.files },
    env: { ANNA_KEY: ANNA, BERT_KEY: BERT, VERA_KEY: VERA, NOBODY_KEY: NOBODY, ...options.env },
  });
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Of a failure. */
  readonly error: ApiErrorBody | undefined;
}

export interface ApiCaller {
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** Calls below /api/v1. A body that is a string is sent as it is. */
export function callerWith(gateway: Pick<Gateway, 'url'>, secret?: string): ApiCaller {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${gateway.url}/api/v1${path}`, {
      method,
      headers: { ...headers, ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const value: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, body: value, error: ApiErrorBodySchema.safeParse(value).data };
  };
}

export interface WorkStream extends AsyncDisposable {
  readonly status: number;
  readonly tasks: readonly Handout[];
  readonly lost: readonly unknown[];
  /** Settles when the stream is over. */
  readonly ended: Promise<void>;
}

export async function openWork(
  gateway: Pick<Gateway, 'url'>,
  path: string,
  secret?: string,
): Promise<WorkStream> {
  const abort = new AbortController();
  const response = await fetch(`${gateway.url}/api/v1${path}`, {
    headers: secret === undefined ? {} : { authorization: `Bearer ${secret}` },
    signal: abort.signal,
  });
  const tasks: Handout[] = [];
  const lost: unknown[] = [];
  const read = createSseReader(({ event, data }) => {
    const value: unknown = JSON.parse(data.toString());
    if (event === 'task') tasks.push(HandoutSchema.parse(value));
    else if (event === 'lost') lost.push(value);
  });
  const ended = (async () => {
    try {
      for await (const chunk of response.body ?? []) read(Buffer.from(chunk));
    } catch {
      // Ended from one side or the other.
    }
  })();
  return {
    status: response.status,
    tasks,
    lost,
    ended,
    async [Symbol.asyncDispose]() {
      abort.abort();
      await ended;
    },
  };
}
