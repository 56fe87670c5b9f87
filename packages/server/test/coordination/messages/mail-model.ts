// What is true of mail, as simply as it can be said: who is there, which threads there are, and what lies in which inbox.

export type Op =
  | { readonly op: 'send'; readonly from: number; readonly to: readonly number[]; readonly must: boolean }
  | { readonly op: 'write'; readonly from: number; readonly thread: number }
  | { readonly op: 'create'; readonly by: number; readonly with: readonly number[] }
  | { readonly op: 'join'; readonly who: number; readonly thread: number }
  | { readonly op: 'add' | 'remove'; readonly by: number; readonly who: number; readonly thread: number }
  | { readonly op: 'archive'; readonly by: number; readonly thread: number }
  | { readonly op: 'take' | 'check'; readonly who: number; readonly limit: number }
  | { readonly op: 'ack'; readonly who: number; readonly newest: number }
  | { readonly op: 'leave' | 'come'; readonly who: number };

export interface Copy {
  /** Of the message, in the order of sending; a bounce is named by what it is of. */
  readonly message: string;
  /** Undefined: Tutti. */
  readonly from: number | undefined;
  state: 'new' | 'delivered' | 'read' | 'acked';
  readonly must: boolean;
}

export interface Thread {
  readonly creator: number;
  participants: number[];
  status: 'active' | 'degraded' | 'archived';
  messages: number;
}

export interface Model {
  readonly there: Set<number>;
  readonly inboxes: Map<number, Copy[]>;
  readonly threads: Thread[];
  sent: number;
  /** Each copy that was meant for somebody ended once: taken, or sent back. */
  readonly bounced: string[];
}

/** `refused`, or what it came to. */
export function step(model: Model, op: Op): string {
  switch (op.op) {
    case 'come':
      if (!model.there.has(op.who)) model.inboxes.set(op.who, []);
      model.there.add(op.who);
      return 'ok';
    case 'leave':
      return model.there.has(op.who) ? leave(model, op.who) : 'refused';
    case 'send': {
      const to = [...new Set(op.to)];
      if (!model.there.has(op.from) || to.includes(op.from) || !to.every((id) => model.there.has(id)))
        return 'refused';
      return post(model, op.from, to, op.must);
    }
    case 'create': {
      const all = [...new Set([op.by, ...op.with])];
      if (!all.every((id) => model.there.has(id))) return 'refused';
      model.threads.push({ creator: op.by, participants: all, status: 'active', messages: 0 });
      return 'ok';
    }
    case 'take':
    case 'check':
      return model.there.has(op.who) ? handOut(model, op) : 'refused';
    case 'ack': {
      if (!model.there.has(op.who)) return 'refused';
      const copies = (model.inboxes.get(op.who) ?? []).slice(-op.newest);
      const open = copies.filter(({ state }) => state !== 'acked');
      for (const copy of open) copy.state = 'acked';
      return String(open.length);
    }
    default:
      return change(model, op);
  }
}

function change(model: Model, op: Extract<Op, { thread: number }>): string {
  const thread = model.threads[op.thread];
  if (thread === undefined) return 'refused';
  const isOpen = thread.status !== 'archived';
  const isIn = (who: number): boolean => thread.participants.includes(who);
  switch (op.op) {
    case 'write': {
      const others = thread.participants.filter((id) => id !== op.from);
      if (!model.there.has(op.from) || !isIn(op.from) || !isOpen || others.length === 0) return 'refused';
      thread.messages += 1;
      return post(model, op.from, others, false);
    }
    case 'join':
      if (!model.there.has(op.who) || !isOpen) return 'refused';
      if (!isIn(op.who)) thread.participants.push(op.who);
      return 'ok';
    case 'add':
      if (!model.there.has(op.by) || !isIn(op.by) || !isOpen || !model.there.has(op.who)) return 'refused';
      if (!isIn(op.who)) thread.participants.push(op.who);
      return 'ok';
    case 'remove':
      if (!model.there.has(op.by) || !isIn(op.by) || op.who === thread.creator) return 'refused';
      if (op.by !== op.who && op.by !== thread.creator) return 'refused';
      thread.participants = thread.participants.filter((id) => id !== op.who);
      return 'ok';
    case 'archive':
      if (!model.there.has(op.by) || !isIn(op.by)) return 'refused';
      if (op.by !== thread.creator && isIn(thread.creator)) return 'refused';
      thread.status = 'archived';
      return 'ok';
  }
}

function post(model: Model, from: number, to: readonly number[], must: boolean): string {
  const message = `m${model.sent++}`;
  for (const id of to) model.inboxes.get(id)?.push({ message, from, state: 'new', must });
  return message;
}

function handOut(model: Model, { op, who, limit }: Extract<Op, { op: 'take' | 'check' }>): string {
  const unread = (model.inboxes.get(who) ?? []).filter(
    ({ state }) => state === 'new' || state === 'delivered',
  );
  const handed = unread.slice(-limit).toReversed();
  for (const copy of handed) copy.state = op === 'take' ? 'read' : 'delivered';
  return handed.map(({ message }) => message).join(' ');
}

function leave(model: Model, who: number): string {
  const copies = model.inboxes.get(who) ?? [];
  model.inboxes.delete(who);
  model.there.delete(who);
  for (const thread of model.threads) {
    if (!thread.participants.includes(who)) continue;
    thread.participants = thread.participants.filter((id) => id !== who);
    if (thread.status === 'active') thread.status = 'degraded';
  }
  for (const { message, from, state } of copies) {
    if (state !== 'new' || from === undefined) continue;
    const back = model.inboxes.get(from);
    // Whoever is gone is not told.
    if (back === undefined) continue;
    model.bounced.push(`${message} for ${who}`);
    back.push({ message: `bounce of ${message}`, from: undefined, state: 'new', must: false });
  }
  return 'ok';
}
