// What tasks and claims should do, written apart from what does it: plain objects, one step after the other. Times are
// whole seconds from the beginning of a run.

export type Op =
  | {
      readonly op: 'submit';
      readonly task: number;
      readonly needs: readonly number[];
      readonly retries: number;
    }
  | {
      readonly op: 'assign' | 'acknowledge' | 'start' | 'progress' | 'complete' | 'release' | 'ask';
      readonly task: number;
      readonly agent: number;
      readonly claim: number;
    }
  | {
      readonly op: 'fail';
      readonly task: number;
      readonly agent: number;
      readonly claim: number;
      readonly retryable: boolean;
    }
  | { readonly op: 'cancel' | 'retry' | 'answer' | 'recheck' | 'due'; readonly task: number }
  | { readonly op: 'lost'; readonly task: number; readonly claim: number }
  | { readonly op: 'advance'; readonly seconds: number };

export const SLOTS = 2;
export const TIMEOUT_S = 14;
export const ASK_S = 24;
export const OFFER_S = 60;
/** For how long an agent says that it has a task. */
export const ACK_S = 104;
/** Grows by itself with each failure. */
export const BACKOFF_S = 4;

export interface ModelTask {
  status: 'pending' | 'assigned' | 'in_progress' | 'waiting' | 'completed' | 'failed' | 'cancelled';
  /** It could be given out. */
  ready: boolean;
  blocked: boolean;
  claim: number;
  holder: number | undefined;
  attempts: number;
  retries: number;
  needs: readonly number[];
  notBefore: number | undefined;
  assignedAt: number;
  /** Until when its holder has said that it has it. */
  ackedUntil: number | undefined;
  startedAt: number;
  askedAt: number;
}

export interface Model {
  readonly tasks: Map<number, ModelTask>;
  now: number;
}

/** What the answer should be: done, or refused with one of these words. */
export type Expected = 'ok' | 'refused';

const HELD = ['assigned', 'in_progress', 'waiting'];
const ENDED = ['completed', 'failed', 'cancelled'];

export function held(model: Model, agent: number): number {
  return [...model.tasks.values()].filter((task) => task.holder === agent && HELD.includes(task.status))
    .length;
}

/** The claim that an operation means: the current one, an older, or one that never was. */
export function claimOf(
  model: Model,
  { task, claim }: { readonly task: number; readonly claim: number },
): number {
  return Math.max(1, (model.tasks.get(task)?.claim ?? 0) + claim);
}

export function step(model: Model, op: Op): Expected {
  if (op.op === 'advance') {
    model.now += op.seconds;
    return 'ok';
  }
  if (op.op === 'submit') return submit(model, op);
  const task = model.tasks.get(op.task);
  if (task === undefined) return 'refused';
  switch (op.op) {
    case 'assign':
      if (!task.ready || held(model, op.agent) >= SLOTS) return 'refused';
      Object.assign(task, {
        status: 'assigned',
        ready: false,
        claim: task.claim + 1,
        holder: op.agent,
        assignedAt: model.now,
        ackedUntil: undefined,
      });
      return 'ok';
    case 'acknowledge':
    case 'start':
    case 'progress':
    case 'complete':
    case 'release':
    case 'ask':
    case 'fail':
      return report(model, task, op);
    case 'cancel':
      if (task.status === 'cancelled') return 'ok';
      if (ENDED.includes(task.status)) return 'refused';
      end(task, 'cancelled');
      return 'ok';
    case 'retry':
      return retry(model, task);
    case 'answer':
      if (task.status !== 'waiting') return 'refused';
      resume(model, task);
      return 'ok';
    case 'lost':
      if (claimOf(model, op) === task.claim && HELD.includes(task.status)) loseClaim(model, task);
      return 'ok';
    case 'recheck':
      if (task.status === 'pending' && task.blocked) recheck(model, task);
      return 'ok';
    case 'due':
      due(model, task);
      return 'ok';
  }
}

function submit(model: Model, op: Extract<Op, { op: 'submit' }>): Expected {
  const needed = op.needs.map((need) => model.tasks.get(need));
  const isGone = (task: ModelTask | undefined): boolean =>
    task === undefined || task.status === 'failed' || task.status === 'cancelled';
  if (model.tasks.has(op.task) || op.needs.includes(op.task) || needed.some(isGone)) return 'refused';
  const blocked = needed.some((task) => task?.status !== 'completed');
  model.tasks.set(op.task, {
    status: 'pending',
    ready: !blocked,
    blocked,
    claim: 0,
    holder: undefined,
    attempts: 0,
    retries: op.retries,
    needs: op.needs,
    notBefore: undefined,
    assignedAt: 0,
    ackedUntil: undefined,
    startedAt: 0,
    askedAt: 0,
  });
  return 'ok';
}

type Report = Extract<Op, { agent: number }>;

function report(model: Model, task: ModelTask, op: Report): Expected {
  if (claimOf(model, op) !== task.claim || task.holder !== op.agent || !HELD.includes(task.status))
    return 'refused';
  const { status } = task;
  switch (op.op) {
    case 'acknowledge':
      if (status === 'assigned') acknowledge(model, task);
      return 'ok';
    case 'start':
      if (status === 'assigned') begin(model, task);
      return 'ok';
    case 'progress':
      if (status === 'waiting') return 'refused';
      if (status === 'assigned') begin(model, task);
      return 'ok';
    case 'ask':
      if (status === 'waiting') return 'refused';
      if (status === 'assigned') begin(model, task);
      task.status = 'waiting';
      task.askedAt = model.now;
      return 'ok';
    case 'complete':
      if (status === 'waiting') return 'refused';
      if (status === 'assigned') task.attempts += 1;
      end(task, 'completed');
      return 'ok';
    case 'release':
      offer(task);
      return 'ok';
    case 'fail':
      if (status === 'assigned') task.attempts += 1;
      failAttempt(model, task, op.retryable, true);
      return 'ok';
    default:
      return 'refused';
  }
}

/** Said again soon it changes nothing. */
function acknowledge({ now }: Model, task: ModelTask): void {
  if (task.ackedUntil === undefined || now + ACK_S - task.ackedUntil > ACK_S / 2)
    task.ackedUntil = now + ACK_S;
}

function begin(model: Model, task: ModelTask): void {
  task.status = 'in_progress';
  task.attempts += 1;
  task.startedAt = model.now;
}

function resume(model: Model, task: ModelTask): void {
  task.status = 'in_progress';
  task.startedAt += model.now - task.askedAt;
}

function end(task: ModelTask, status: 'completed' | 'failed' | 'cancelled'): void {
  task.status = status;
  task.ready = false;
  task.blocked = false;
  task.notBefore = undefined;
}

function offer(task: ModelTask): void {
  task.status = 'pending';
  task.ready = true;
  task.notBefore = undefined;
}

function failAttempt(model: Model, task: ModelTask, retryable: boolean, delayed: boolean): void {
  if (!retryable || task.attempts > task.retries) return end(task, 'failed');
  offer(task);
  if (!delayed) return;
  task.ready = false;
  task.notBefore = model.now + BACKOFF_S * task.attempts;
}

function loseClaim(model: Model, task: ModelTask): void {
  if (task.status === 'assigned') offer(task);
  else failAttempt(model, task, true, false);
}

function recheck(model: Model, task: ModelTask): void {
  const needed = task.needs.map((need) => model.tasks.get(need)?.status);
  if (needed.some((status) => status === 'failed' || status === 'cancelled')) return end(task, 'failed');
  if (needed.some((status) => status !== 'completed')) return;
  task.blocked = false;
  task.ready = true;
}

function retry(model: Model, task: ModelTask): Expected {
  if (task.status !== 'failed' && task.status !== 'cancelled') return 'refused';
  const needed = task.needs.map((need) => model.tasks.get(need)?.status);
  if (needed.some((status) => status === 'failed' || status === 'cancelled')) return 'refused';
  offer(task);
  task.attempts = 0;
  task.holder = undefined;
  task.blocked = needed.some((status) => status !== 'completed');
  task.ready = !task.blocked;
  return 'ok';
}

function due(model: Model, task: ModelTask): void {
  const { now } = model;
  if (task.status === 'pending' && task.notBefore !== undefined && task.notBefore <= now) offer(task);
  else if (task.status === 'assigned' && (task.ackedUntil ?? task.assignedAt + OFFER_S) <= now) offer(task);
  else if (task.status === 'in_progress' && task.startedAt + TIMEOUT_S <= now)
    failAttempt(model, task, true, true);
  else if (task.status === 'waiting' && task.askedAt + ASK_S <= now) failAttempt(model, task, true, true);
}
