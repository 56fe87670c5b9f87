// One way to talk to an endpoint as a raw client of either era, so that a table of pairings has one test per row.

import { memberText } from './json-text.ts';
import { modernRequest, openLegacy, type RawAnswer } from './raw-client.ts';

export type ClientEra = 'legacy' | 'modern';

/** Answers what the server asks: the method and the text of the params in, the text of the result out. */
export type AnswerAsk = (method: string, params: string) => string | Promise<string>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Notifications that came on the way of this call. */
  readonly onMessage?: (message: string) => void;
  /** More members for `_meta`, as JSON text without braces. */
  readonly meta?: string;
}

export interface Caller extends AsyncDisposable {
  readonly era: ClientEra;
  /** One request with everything that it asks for answered; returns what came last. */
  request(method: string, params?: string, options?: CallOptions): Promise<RawAnswer>;
  /** Calls a tool and returns the text of the result; fails on an error. */
  callTool(name: string, args?: string, options?: CallOptions): Promise<string>;
  /** Cancels the call that was started with this signal, as clients of this era do; aborting it only hangs up. */
  cancel(abort: AbortController): Promise<void>;
  /** Hears of changes, and of updates of these resources, until disposed. */
  listen(uris: readonly string[], onMessage: (message: string) => void): Promise<AsyncDisposable>;
}

export interface CallerOptions {
  /** JSON text. */
  readonly capabilities?: string;
  readonly answer?: AnswerAsk;
}

const ALL = '{"elicitation":{"form":{}},"sampling":{},"roots":{}}';

export function openCaller(era: ClientEra, url: string, options: CallerOptions = {}): Promise<Caller> {
  return era === 'legacy' ? openLegacyCaller(url, options) : Promise.resolve(modernCaller(url, options));
}

function refuseAsk(method: string): never {
  throw new Error(`unexpected ${method}`);
}

async function openLegacyCaller(
  url: string,
  { capabilities = ALL, answer = refuseAsk }: CallerOptions,
): Promise<Caller> {
  const client = await openLegacy(url, { capabilities });
  const ids = new WeakMap<AbortSignal, string>();
  let lastId = 0;

  const receive = (message: Buffer, onMessage?: (message: string) => void): void => {
    const text = String(message);
    const id = memberText(text, 'id');
    const method = memberText(text, 'method');
    if (method === undefined) return;
    if (id === undefined) onMessage?.(text);
    else void reply(id, String(JSON.parse(method)), memberText(text, 'params') ?? '{}');
  };
  const reply = async (id: string, method: string, params: string): Promise<void> => {
    try {
      await client.answer(id, await answer(method, params));
    } catch (error) {
      await client.refuse(id, JSON.stringify({ code: -32_603, message: String(error) }));
    }
  };
  const request: Caller['request'] = (method, params = '{}', { signal, onMessage, meta } = {}) => {
    const id = `"call-${(lastId += 1)}"`;
    if (signal !== undefined) ids.set(signal, id);
    return client.request(method, meta === undefined ? params : withMeta(params, meta), {
      id,
      signal,
      onMessage: (message) => receive(message, onMessage),
    });
  };
  return {
    era: 'legacy',
    request,
    callTool: toolCaller(request),
    cancel: async (abort) => {
      await client.notify('notifications/cancelled', `{"requestId":${ids.get(abort.signal)}}`);
    },
    listen: async (uris, onMessage) => {
      const stream = await client.stream({ onMessage: (message) => receive(message, onMessage) });
      for (const uri of uris) await request('resources/subscribe', JSON.stringify({ uri }));
      return { [Symbol.asyncDispose]: () => stream.close() };
    },
    [Symbol.asyncDispose]: async () => void (await client.delete()),
  };
}

function modernCaller(url: string, { capabilities = ALL, answer = refuseAsk }: CallerOptions): Caller {
  const request: Caller['request'] = async (method, params = '{}', { signal, onMessage, meta } = {}) => {
    const hear = (message: Buffer): void => {
      const text = String(message);
      if (memberText(text, 'method') !== undefined) onMessage?.(text);
    };
    for (let round = params; ;) {
      const reply = await modernRequest(url, method, round, { capabilities, signal, meta, onMessage: hear });
      const result = reply.result ?? '{}';
      if (memberText(result, 'resultType') !== '"input_required"') return reply;
      round = await nextRound(params, result, answer);
    }
  };
  return {
    era: 'modern',
    request,
    callTool: toolCaller(request),
    cancel: async (abort) => abort.abort(),
    listen: async (uris, onMessage) => {
      const abort = new AbortController();
      const acknowledged = Promise.withResolvers<void>();
      const filter = {
        toolsListChanged: true,
        promptsListChanged: true,
        resourcesListChanged: true,
        ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
      };
      const ended = request('subscriptions/listen', JSON.stringify({ notifications: filter }), {
        signal: abort.signal,
        onMessage: (message) => {
          if (message.includes('notifications/subscriptions/acknowledged')) acknowledged.resolve();
          else onMessage(message);
        },
      });
      ended.then(
        ({ body }) => acknowledged.reject(new Error(`listen ended: ${String(body)}`)),
        acknowledged.reject,
      );
      await acknowledged.promise;
      return {
        [Symbol.asyncDispose]: async () => {
          abort.abort();
          await ended;
        },
      };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** The same params with the answers to what was asked, and with the state that came with it. */
async function nextRound(params: string, result: string, answer: AnswerAsk): Promise<string> {
  const asks = memberText(result, 'inputRequests') ?? '{}';
  const keys = Object.keys(Object(JSON.parse(asks)));
  const answers = await Promise.all(
    keys.map(async (key) => {
      const method = String(JSON.parse(memberText(asks, key, 'method') ?? '""'));
      return `${JSON.stringify(key)}:${await answer(method, memberText(asks, key, 'params') ?? '{}')}`;
    }),
  );
  const state = memberText(result, 'requestState');
  const more = `"inputResponses":{${answers.join(',')}}${state === undefined ? '' : `,"requestState":${state}`}`;
  return withMember(params, more);
}

function toolCaller(request: Caller['request']): Caller['callTool'] {
  return async (name, args = '{}', options) => {
    const reply = await request(
      'tools/call',
      `{"name":${JSON.stringify(name)},"arguments":${args}}`,
      options,
    );
    if (reply.result === undefined) {
      throw new Error(`${name}: ${reply.status} ${reply.response ?? String(reply.body)}`);
    }
    return reply.result;
  };
}

function withMeta(params: string, meta: string): string {
  return withMember(params, `"_meta":{${meta}}`);
}

function withMember(object: string, member: string): string {
  const rest = object.trim().slice(1);
  return `{${member}${/^\s*\}$/.test(rest) ? '' : ','}${rest}`;
}
