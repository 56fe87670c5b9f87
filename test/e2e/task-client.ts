// Clients of both eras that run tasks: they start them, answer what they ask, and come for their ends.

import { eventually } from '../support/eventually.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type RawAnswer } from '../support/raw-client.ts';

export interface TaskClientOptions {
  readonly url: string;
  /** Stands before every tool's name. */
  readonly prefix?: string;
  /** The bearer token of another principal. */
  readonly token?: string;
  readonly capabilities?: string;
  readonly answer?: (method: string, params: string) => string | Promise<string>;
  /** Notifications and questions on the streams of calls. */
  readonly onMessage?: (message: string) => void;
}

export interface Created {
  /** JSON text. */
  readonly id: string;
  /** The text of the object that holds the task. */
  readonly task: string;
}

export interface TaskClient extends AsyncDisposable {
  /** `meta` is members of `_meta`, as JSON text without braces. */
  request(method: string, params?: string, meta?: string): Promise<RawAnswer>;
  start(tool: string, args?: string, more?: string): Promise<Created>;
  get(id: string): Promise<RawAnswer>;
  /** Answers what the task asks until it is over; the texts of its result or error. */
  end(id: string): Promise<{ readonly result: string | undefined; readonly error: string | undefined }>;
  /** The texts of the tasks of `tasks/list`, all pages. */
  list(): Promise<readonly string[]>;
  serverCapabilities(): Promise<string>;
  /** Hears what belongs to no request; `taskIds` are JSON texts, for a modern client. */
  listen(taskIds: readonly string[], onMessage: (message: string) => void): Promise<AsyncDisposable>;
}

export function openTasks(era: 'legacy' | 'modern', options: TaskClientOptions): Promise<TaskClient> {
  return era === 'legacy' ? openLegacyTasks(options) : Promise.resolve(modernTasks(options));
}

const TASKS = '"extensions":{"io.modelcontextprotocol/tasks":{}}';

function created(text: string | undefined, failure: RawAnswer): Created {
  const id = memberText(text ?? '{}', 'taskId');
  if (text === undefined || id === undefined)
    throw new Error(`no task: ${failure.response ?? failure.status}`);
  return { id, task: text };
}

function call(options: TaskClientOptions, tool: string, args: string, more: string): string {
  return `{"name":"${options.prefix ?? ''}${tool}","arguments":${args}${more}}`;
}

function refuse(method: string): never {
  throw new Error(`unexpected ${method}`);
}

async function openLegacyTasks(options: TaskClientOptions): Promise<TaskClient> {
  const { url, capabilities = '{"elicitation":{}}', answer = refuse, onMessage, token } = options;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const client = await openLegacy(url, { capabilities, headers });
  const reply = async (id: string, method: string, params: string): Promise<void> => {
    await client.answer(id, withRelated(await answer(method, params), params));
  };
  const hear = (bytes: Buffer): void => {
    const message = String(bytes);
    const id = memberText(message, 'id');
    const method = memberText(message, 'method');
    if (method === undefined) return;
    onMessage?.(message);
    if (id === undefined) return;
    void reply(id, String(JSON.parse(method)), memberText(message, 'params') ?? '{}');
  };
  const request: TaskClient['request'] = (method, params = '{}', meta) =>
    client.request(method, meta === undefined ? params : `{"_meta":{${meta}},${params.slice(1)}`, {
      onMessage: hear,
    });
  return {
    request,
    start: async (tool, args = '{}', more = '') => {
      const reply = await request('tools/call', call(options, tool, args, `,"task":{"ttl":60000}${more}`));
      return created(memberText(reply.result ?? '{}', 'task'), reply);
    },
    get: (id) => request('tasks/get', `{"taskId":${id}}`),
    end: (id) => request('tasks/result', `{"taskId":${id}}`),
    list: async () => {
      const all: string[] = [];
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const { result = '{}' } = await request(
          'tasks/list',
          cursor === undefined ? '{}' : `{"cursor":${cursor}}`,
        );
        const tasks = memberText(result, 'tasks') ?? '[]';
        for (let index = 0; memberText(tasks, index) !== undefined; index += 1)
          all.push(memberText(tasks, index) ?? '');
        cursor = memberText(result, 'nextCursor');
      }
      return all;
    },
    serverCapabilities: () =>
      Promise.resolve(memberText(client.initialize.result ?? '', 'capabilities') ?? ''),
    listen: async (_taskIds, heard) => {
      const stream = await client.stream({
        onMessage: (message) => {
          hear(message);
          heard(String(message));
        },
      });
      return { [Symbol.asyncDispose]: () => stream.close() };
    },
    [Symbol.asyncDispose]: async () => void (await client.delete()),
  };
}

/** An answer names the task that the question named. */
function withRelated(result: string, params: string): string {
  const related = memberText(params, '_meta', 'io.modelcontextprotocol/related-task');
  if (related === undefined) return result;
  return `{"_meta":{"io.modelcontextprotocol/related-task":${related}},${result.slice(1)}`;
}

function modernTasks(options: TaskClientOptions): TaskClient {
  const { url, capabilities = `{"elicitation":{"form":{}},${TASKS}}`, answer = refuse, token } = options;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const request: TaskClient['request'] = (method, params = '{}', meta) =>
    modernRequest(url, method, params, { capabilities, headers, meta });
  const get: TaskClient['get'] = (id) => request('tasks/get', `{"taskId":${id}}`);
  return {
    request,
    get,
    start: async (tool, args = '{}', more = '') => {
      const reply = await request('tools/call', call(options, tool, args, more));
      return created(reply.result, reply);
    },
    end: (id) => {
      const answered = new Set<string>();
      return eventually(
        async () => {
          const { result = '{}' } = await get(id);
          const status = String(JSON.parse(memberText(result, 'status') ?? '""'));
          if (status === 'completed' || status === 'failed' || status === 'cancelled')
            return { result: memberText(result, 'result'), error: memberText(result, 'error') };
          const asked = memberText(result, 'inputRequests') ?? '{}';
          for (const key of Object.keys(Object(JSON.parse(asked)))) {
            if (answered.has(key)) continue;
            answered.add(key);
            const method = String(JSON.parse(memberText(asked, key, 'method') ?? '""'));
            const response = await answer(method, memberText(asked, key, 'params') ?? '{}');
            await request(
              'tasks/update',
              `{"taskId":${id},"inputResponses":{${JSON.stringify(key)}:${response}}}`,
            );
          }
          return undefined;
        },
        { what: 'the end of the task' },
      );
    },
    list: () => Promise.reject(new Error('the modern era has no list of tasks')),
    serverCapabilities: async () =>
      memberText((await request('server/discover')).result ?? '', 'capabilities') ?? '',
    listen: async (taskIds, heard) => {
      const abort = new AbortController();
      const ready = Promise.withResolvers<void>();
      const params = `{"notifications":{"taskIds":[${taskIds.join(',')}]}}`;
      const ended = modernRequest(url, 'subscriptions/listen', params, {
        capabilities,
        headers,
        signal: abort.signal,
        onMessage: (message) => {
          heard(String(message));
          ready.resolve();
        },
      });
      ended.then(() => ready.reject(new Error('listen ended')), ready.reject);
      await ready.promise;
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
