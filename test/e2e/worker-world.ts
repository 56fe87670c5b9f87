// Tasks and agents of a running Tutti, as tests of workers need them.

import { ApiAgentSchema, ApiTaskSchema, type ApiAgent, type ApiTask } from '@tutti/schemas';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';
import { startProcess, type TestProcess } from '../support/process.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));
const END_TIMEOUT_MS = 60_000;

export interface WorkerWorld {
  submit(task: Readonly<Record<string, unknown>>): Promise<ApiTask>;
  task(id: string): Promise<ApiTask>;
  /** As soon as `holds` does; the last state is in the error at the timeout. */
  taskThat(id: string, holds: (task: ApiTask) => boolean): Promise<ApiTask>;
  ended(id: string): Promise<ApiTask>;
  post(path: string, body: object): Promise<Response>;
  /** Undefined: there is no such agent. */
  agent(id: string): Promise<ApiAgent | undefined>;
}

export function workerWorld(gateway: Pick<Gateway, 'url'>, key?: string): WorkerWorld {
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const get = (path: string): Promise<Response> => fetch(`${gateway.url}/api/v1/${path}`, { headers });
  const world: WorkerWorld = {
    post: (path, body) =>
      fetch(`${gateway.url}/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
    async submit(task) {
      const response = await world.post('tasks', { description: 'a task', ...task });
      const text = await response.text();
      if (!response.ok) throw new Error(`not submitted: ${text}`);
      return ApiTaskSchema.parse(JSON.parse(text));
    },
    async task(id) {
      return ApiTaskSchema.parse(await (await get(`tasks/${id}`)).json());
    },
    async taskThat(id, holds) {
      let last: ApiTask | undefined;
      const probe = async () => {
        last = await world.task(id);
        return holds(last) && last;
      };
      return await eventually(probe, { timeoutMs: END_TIMEOUT_MS, what: `the wanted state of ${id}` }).catch(
        (error: unknown) => {
          throw new Error(`${String(error)}; it is ${JSON.stringify(last)}`, { cause: error });
        },
      );
    },
    ended: (id) => world.taskThat(id, ({ status }) => ['completed', 'failed', 'cancelled'].includes(status)),
    async agent(id) {
      const response = await get(`agents/${id}`);
      return response.status === 404 ? undefined : ApiAgentSchema.parse(await response.json());
    },
  };
  return world;
}

export function startAgent(
  gateway: Pick<Gateway, 'url' | 'folder'>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): TestProcess {
  return startProcess(process.execPath, [BIN, 'agent', ...args], {
    cwd: gateway.folder,
    env: { TUTTI_URL: gateway.url, TUTTI_TOKEN: '', HEARTBEAT_INTERVAL: '1s', ...env },
  });
}
