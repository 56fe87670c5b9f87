// Tasks over the API: submits them, and waits for their ends.

import { setTimeout as sleep } from 'node:timers/promises';
import { ApiTaskSchema, type ApiTask } from '@tutti/schemas';
import { z } from 'zod';

const POLL_MS = 100;
const TIMEOUT_MS = 180_000;
const TaskListSchema = z.object({ items: z.array(ApiTaskSchema) });

export interface Tasks {
  /** Answers with its id. */
  submit(task: Readonly<Record<string, unknown>>): Promise<string>;
  /** Throws where it failed. */
  completed(id: string): Promise<ApiTask>;
  /** What an agent works on now. */
  of(agent: string): Promise<readonly ApiTask[]>;
}

export function createTasks(url: string): Tasks {
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  return {
    async submit(task) {
      return ApiTaskSchema.parse(await call('POST', 'tasks', task)).id;
    },
    async completed(id) {
      const deadline = performance.now() + TIMEOUT_MS;
      for (;;) {
        const task = ApiTaskSchema.parse(await call('GET', `tasks/${id}`));
        if (task.status === 'completed') return task;
        if (task.status === 'failed' || task.status === 'cancelled')
          throw new Error(`${id} ${task.status}: ${task.error?.message ?? ''}`);
        if (performance.now() > deadline)
          throw new Error(`${id} is still ${task.status}: ${task.message ?? ''}`);
        await sleep(POLL_MS);
      }
    },
    async of(agent) {
      const query = new URLSearchParams({ agent, status: 'in_progress' });
      return TaskListSchema.parse(await call('GET', `tasks?${query.toString()}`)).items;
    },
  };
}
