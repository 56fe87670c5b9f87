// The coordination interface over HTTP, in memory, whose connections can be made to fail: what the worker does when an
// answer is lost, a watch is refused or a claim is taken away. The real one is met in the system tests.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ApiTask, Handout, LostClaim } from '@tutti/schemas';

export interface Seen {
  readonly method: string;
  /** Without the prefix. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What happens to a request: `drop` loses the answer after it was heard, `refuse` loses the request. */
export type Fate = 'answer' | 'drop' | 'refuse' | { readonly status: number; readonly code: string };

export interface WorkServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
  readonly watching: number;
  readonly registered: boolean;
  /** Decides before each request. */
  fate: (seen: Seen) => Fate;
  submit(task: Partial<ApiTask>): void;
  task(id: string): ApiTask;
  /** The claim ends: the task is ready again, and its holder is told. */
  expire(id: string, tell?: boolean): void;
  answer(id: string, response: string): void;
  cutWatches(): void;
  forgetAgent(): void;
  calls(verb: string): readonly Seen[];
}

const NOW = '2026-01-02T03:04:05.000Z';

export async function startWorkServer(): Promise<WorkServer> {
  const tasks = new Map<string, ApiTask>();
  const watches = new Set<ServerResponse>();
  const losses: LostClaim[] = [];
  const answers = new Map<string, string>();
  const seen: Seen[] = [];
  let registered = false;
  let slots = 0;
  let draining = false;

  const held = (): ApiTask[] =>
    [...tasks.values()].filter(({ status }) => ['assigned', 'in_progress', 'waiting'].includes(status));
  const handout = (task: ApiTask): Handout => ({ task, claim: task.claim });
  const change = (task: ApiTask, changes: Partial<ApiTask>): ApiTask => {
    const next = { ...task, ...changes };
    tasks.set(task.id, next);
    return next;
  };
  const tell = (event: string, value: unknown): void => {
    for (const watch of watches) watch.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
  };

  function assign(most: number): ApiTask[] {
    if (draining || !registered) return [];
    const ready = [...tasks.values()]
      .filter(({ status }) => status === 'pending')
      .slice(0, Math.max(0, most));
    return ready.map((task) => change(task, { status: 'assigned', claim: task.claim + 1 }));
  }

  function dispatch(): void {
    if (watches.size === 0) return;
    for (const task of assign(slots - held().length)) tell('task', handout(task));
  }

  function report(task: ApiTask, verb: string, body: Seen['body']): ApiTask | { kind: string } {
    const isHeld = held().includes(task);
    if (body['claim'] !== task.claim || task.status === 'pending') return { kind: 'stale_claim' };
    if (!isHeld) return { kind: 'already_done' };
    switch (verb) {
      case 'start':
        return task.status === 'assigned'
          ? change(task, { status: 'in_progress', attempts: task.attempts + 1 })
          : task;
      case 'progress':
        return change(task, { progress: Number(body['progress'] ?? 0), ...partial(body) });
      case 'ask':
        return change(task, { status: 'waiting', reason: 'input' });
      case 'complete':
        return change(task, { status: 'completed', result: json(body['result']) });
      case 'fail':
        return change(task, {
          status: body['retryable'] === true && task.attempts < 3 ? 'pending' : 'failed',
          error: { code: 'agent_failed', message: String(body['error']) },
          ...partial(body),
        });
      default:
        return change(task, { status: 'pending', ...partial(body) });
    }
  }

  function respond({ method, path, body }: Seen, response: ServerResponse): void {
    const [kind, id = '', verb = ''] = path.replace(/\?.*/, '').split('/').map(decodeURIComponent);
    const notice = () => ({
      unread: 0,
      offered: held()
        .filter(({ status }) => status === 'assigned')
        .map(({ id, claim }) => ({ task_id: id, claim })),
      lost: losses.splice(0),
    });
    if (kind === 'agents') {
      if (method === 'POST' && id === '') {
        registered = true;
        draining = false;
        return send(response, 200, agentOf(body));
      }
      if (!registered) return fail(response, 404, 'not_found');
      if (method === 'DELETE') {
        registered = false;
        return send(response, 204);
      }
      if (verb === 'heartbeat') return send(response, 200, { notice: notice() });
      if (verb === 'tasks') return send(response, 200, { items: held().map(handout) });
      if (verb === 'drain') {
        draining = true;
        return send(response, 200, agentOf({ id }));
      }
      if (verb === 'next') {
        const offered = held().find(({ status }) => status === 'assigned') ?? assign(1)[0];
        const given = offered === undefined ? {} : handout(offered);
        return send(response, 200, { ...given, notice: notice() });
      }
      slots = Number(new URLSearchParams(path.split('?')[1]).get('slots'));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      watches.add(response);
      response.on('close', () => watches.delete(response));
      for (const task of held()) response.write(`event: task\ndata: ${JSON.stringify(handout(task))}\n\n`);
      return dispatch();
    }
    const task = tasks.get(id);
    if (task === undefined) return fail(response, 404, 'not_found');
    if (method === 'GET') return send(response, 200, task);
    if (verb === 'answered')
      return send(response, 200, { answered: answers.has(id), response: answers.get(id) });
    const result = report(task, verb, body);
    if ('kind' in result) fail(response, 409, 'conflict', { kind: result.kind });
    else send(response, 200, withoutContents(result));
    dispatch();
  }

  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const one = { method: request.method ?? '', path: (request.url ?? '').replace('/api/v1/', ''), body };
      seen.push(one);
      const fate = world.fate(one);
      if (fate === 'refuse') return request.socket.destroy();
      if (typeof fate === 'object') return fail(response, fate.status, fate.code);
      if (fate === 'answer') return respond(one, response);
      // Heard and done, and nobody hears of it.
      respond(
        one,
        Object.assign(Object.create(response), {
          writeHead() {},
          end() {},
          write() {},
          on() {},
          flushHeaders() {},
        }),
      );
      return request.socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const world: WorkServer = {
    url: `http://127.0.0.1:${port}`,
    seen,
    fate: () => 'answer',
    get watching() {
      return watches.size;
    },
    get registered() {
      return registered;
    },
    submit(task) {
      const id = task.id ?? `task-${tasks.size + 1}`;
      tasks.set(id, { ...TASK, ...task, id });
      dispatch();
    },
    task(id) {
      const task = tasks.get(id);
      if (task === undefined) throw new Error(`no task ${id}`);
      return task;
    },
    expire(id, shouldTell = true) {
      const task = world.task(id);
      const lost = { task_id: id, claim: task.claim, reason: 'it was silent' };
      change(task, { status: 'pending' });
      if (shouldTell) tell('lost', lost);
      else losses.push(lost);
    },
    answer(id, response) {
      change(world.task(id), { status: 'in_progress' });
      answers.set(id, response);
    },
    cutWatches() {
      for (const watch of watches) watch.destroy();
    },
    forgetAgent() {
      registered = false;
      world.cutWatches();
    },
    calls: (verb) => seen.filter(({ path }) => path.replace(/\?.*/, '').endsWith(`/${verb}`)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return world;
}

export const TASK: ApiTask = {
  id: 'task',
  description: 'a task',
  domain: 'default',
  required_capabilities: [],
  requiredTags: [],
  preferredTags: [],
  priority: 5,
  timeout: 300,
  retryPolicy: { maxRetries: 3, backoff: 'fixed', initialDelay: 0, maxDelay: 0 },
  depends_on: [],
  status: 'pending',
  claim: 0,
  attempts: 0,
  created_by: 'local',
  created_at: NOW,
};

function agentOf(body: Seen['body']) {
  return {
    name: body['id'],
    role: 'Worker',
    model_type: '',
    model_version: '',
    capabilities: [],
    tags: [],
    domain: 'default',
    owner: 'local',
    status: 'available',
    phase: 'Ready',
    maxConcurrentTasks: 5,
    resources: {},
    current_tasks: 0,
    registered_at: NOW,
    last_heartbeat: NOW,
    completed: 0,
    failed: 0,
    ...body,
    heartbeatInterval: typeof body['heartbeatInterval'] === 'number' ? body['heartbeatInterval'] : 30,
  };
}

/** Answers to reports leave out what a task carries. */
function withoutContents({
  payload: _payload,
  partial_result: _partial,
  result: _result,
  ...task
}: ApiTask): object {
  return task;
}

function partial(body: Seen['body']): Partial<ApiTask> {
  return body['partial_result'] === undefined ? {} : { partial_result: json(body['partial_result']) };
}

function json(value: unknown): NonNullable<ApiTask['result']> {
  return JSON.parse(JSON.stringify(value ?? null));
}

async function read(request: IncomingMessage): Promise<Seen['body']> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : JSON.parse(text);
}

function send(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function fail(response: ServerResponse, status: number, code: string, details?: object): void {
  send(response, status, {
    type: `urn:${code}`,
    title: code,
    status,
    code,
    detail: `it is ${code}`,
    details,
  });
}
