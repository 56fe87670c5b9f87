// Client side of the legacy era: a session's messages, whatever they came in by. Requests become exchanges or are
// answered here; answers to questions and cancellations find what they belong to.

import { type Message, spanText, stringValue } from '@tutti/wire';
import { NOWHERE } from '../../kernel/bag.ts';
import { account, type Core, createExchange } from '../core.ts';
import type { Ask, Channel, Exchange, ExchangeOwner, Outcome, Reply, Standing } from '../exchange.ts';
import { isLevel } from '../protocol/log-level.ts';
import { isModernOnly, listKindOf } from '../protocol/methods.ts';
import { INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, rpcError, rpcErrorOf } from '../protocol/rpc.ts';
import { TaskChannel } from '../tasks/task-channel.ts';
import type { Session, SessionCall } from '../sessions/session.ts';
import { challengeOf, encodeReply } from './encode-reply.ts';
import { listReply } from './local.ts';
import { meantBy } from './meta.ts';
import type { HeldCall } from '../tasks/held-call.ts';
import { isTimeout, type Promised } from '../tasks/long-calls.ts';
import type { ReplySink, Sink, Waiter } from './sink.ts';

export function handleLegacy(core: Core, session: Session, message: Message, sink: ReplySink): void {
  switch (message.kind) {
    case 'request':
      return handleRequest(core, session, message, sink);
    case 'notification':
      handleNotification(core, session, message);
      return sink.end(undefined);
    case 'result':
    case 'error':
      session.answered(message);
      return sink.end(undefined);
  }
}

function handleRequest(core: Core, session: Session, message: Message, sink: ReplySink): void {
  if (message.id === undefined) return sink.end(undefined);
  const id = spanText(message.bytes, message.id);
  const method = message.method ?? '';
  const reply = (made: Reply): void => sink.end(encodeReply(made, id));
  /** A fault of ours is an answer, too. */
  const answerLater = (answer: Promise<Reply>): void =>
    void answer.then(reply).catch((error: unknown) => {
      core.events.internalError(error);
      reply({ kind: 'error', error: INTERNAL_ERROR });
    });
  const list = listKindOf(method);
  if (list !== undefined) return reply(listReply(core, session.view, list, message, session));
  switch (method) {
    case 'ping':
      return reply(EMPTY_RESULT);
    case 'initialize':
      return reply(
        refusal(-32600, 'This session is initialized already; start a new one without Mcp-Session-Id.'),
      );
    case 'logging/setLevel':
      return reply(setLevel(core, session, message));
    case 'resources/subscribe':
      return answerLater(subscribe(core, session, message));
    case 'resources/unsubscribe':
      return reply(unsubscribe(core, session, message));
    case 'tasks/list':
      return answerLater(
        core.tasks.list(session.view, { caller: session, standing: standingOf(session) }, message),
      );
  }
  if (isModernOnly(method)) return reply(refusal(METHOD_NOT_FOUND, `Method not found: ${method}`));
  if (session.calls.find((call) => call.id === id) !== undefined)
    return reply(refusal(-32600, `A request with the id ${id} is under way.`));
  const meant = meantBy(core, session.view, session, message, reply);
  if (meant === undefined) return;
  const call = new LegacyCall(core, session, id, sink);
  const exchange = createExchange(core, session.view, session, meant.message, call);
  if (exchange === undefined) return;
  if (meant.convert !== undefined) exchange.channel = new TaskChannel(exchange.channel, meant.convert);
  call.exchange = exchange;
  if (exchange.tool !== undefined) sink.waiter = call;
  session.calls.add(call);
  core.pool.submit(exchange);
}

/** The way to the client that no call of its own has opened. */
function standingOf(session: Session): Standing {
  const sink: Sink = { send: (message) => session.push(message) };
  return { notify: (message) => session.push(message), ask: (ask) => session.ask(ask, sink) };
}

class LegacyCall implements Channel, ExchangeOwner, SessionCall, Waiter {
  readonly id: string;
  place = NOWHERE;
  exchange: Exchange | undefined;
  /** Set when the client does not wait any more: what it comes to is kept there. */
  #held: HeldCall | undefined;
  #promised: Promised | undefined;
  readonly #core: Core;
  readonly #session: Session;
  readonly #sink: ReplySink;

  constructor(core: Core, session: Session, id: string, sink: ReplySink) {
    this.#core = core;
    this.#session = session;
    this.id = id;
    this.#sink = sink;
  }

  get standing(): Standing {
    return standingOf(this.#session);
  }

  notify(message: Buffer): void {
    if (this.#held === undefined) this.#sink.send(message);
    else this.#held.notify(message);
  }

  ask(ask: Ask): void {
    if (this.#held === undefined) this.#session.ask(ask, this.#sink);
    else this.#held.ask(ask);
  }

  tookLong(exchange: Exchange): void {
    if (this.#held !== undefined) return;
    this.#promised = this.#core.tasks.long.promise(exchange);
    if (this.#promised !== undefined) this.#sink.send(this.#promised.note);
  }

  /** The connection is lost, which is no cancellation by itself: the server says what becomes of the call. */
  clientGone(): void {
    if (this.leave() || this.exchange === undefined) return;
    if (this.#core.tasks.long.endsWithClient(this.exchange)) this.exchange.cancel('The connection was lost.');
  }

  /** Lets the call go on without its client; false when it must not. */
  leave(): boolean {
    const { exchange } = this;
    if (this.#held !== undefined) return true;
    if (exchange === undefined) return false;
    this.#held = this.#core.tasks.long.leave(exchange, this.#promised);
    if (this.#held === undefined) return false;
    if (exchange.carrier === this.#held) exchange.abandon();
    this.#sink.end(undefined);
    return true;
  }

  finished(exchange: Exchange, outcome: Outcome['outcome']): void {
    this.#session.calls.delete(this);
    account(this.#core, exchange, outcome);
    if (outcome !== 'cancelled') return;
    // Nobody answers a cancelled request, but its stream has to end.
    if (this.#held === undefined) this.#sink.end(undefined);
    else if (exchange.carrier !== this.#held) this.#held.end({ kind: 'cancelled' });
  }

  finish(reply: Reply): void {
    if (this.#held !== undefined) return this.#held.finish(reply);
    this.#sink.end(encodeReply(reply, this.id), undefined, challengeOf(reply));
  }
}

function handleNotification(core: Core, session: Session, message: Message): void {
  switch (message.method) {
    case 'notifications/cancelled':
      return cancel(session, message);
    case 'notifications/progress':
      return session.progressed(message);
    case 'notifications/roots/list_changed':
      if (session.sessionKey === undefined) return;
      for (const slot of core.pool.slots())
        for (const instance of slot.owned.of(session.sessionKey)) instance.notify(message.bytes);
      return;
    default:
      return;
  }
}

function cancel(session: Session, message: Message): void {
  const place = message.members.get('requestId');
  if (place === undefined) return;
  const id = spanText(message.bytes, place);
  const why = message.members.get('reason');
  const reason = why === undefined ? undefined : stringValue(message.bytes, why);
  const call = session.calls.find((open) => open.id === id);
  if (call === undefined || (isTimeout(reason) && call.leave())) return;
  call.exchange?.cancel(reason);
}

function setLevel(core: Core, session: Session, message: Message): Reply {
  const place = message.members.get('level');
  const level = place === undefined ? undefined : stringValue(message.bytes, place);
  if (level === undefined || !isLevel(level)) {
    return refusal(
      INVALID_PARAMS,
      'params.level must be one of debug, info, notice, warning, error, critical, alert, emergency.',
    );
  }
  session.logLevel = level;
  core.sessionChanged(session);
  for (const entry of session.view.entries()) {
    const shared = core.pool.slot(entry.name)?.shared;
    if (shared?.state === 'ready') shared.ensureLogLevel(level);
  }
  return EMPTY_RESULT;
}

async function subscribe(core: Core, session: Session, message: Message): Promise<Reply> {
  if (session.sessionKey === undefined)
    return refusal(-32600, 'A subscription needs a session: initialize first.');
  const uri = uriOf(message);
  if (uri === undefined)
    return refusal(INVALID_PARAMS, 'resources/subscribe needs the uri of a resource in params.uri.');
  const target = session.view.resource(uri);
  const watch = target === undefined ? undefined : core.pool.slot(target.server)?.watch;
  if (target === undefined || watch === undefined) return refusal(-32002, `Resource not found: ${uri}`);
  let subscribed = session.subscriptions.get(uri);
  if (subscribed === undefined) {
    if (session.subscriptions.size >= core.limits.maxSubscriptions) {
      return refusal(
        -32600,
        `A session may have ${core.limits.maxSubscriptions} subscriptions; unsubscribe from some.`,
      );
    }
    subscribed = { ...target, held: watch.subscribe(target.uri) };
    session.subscriptions.set(uri, subscribed);
  }
  const outcome = await subscribed.held.outcome;
  if (outcome.kind === 'subscribed') {
    core.sessionChanged(session);
    return EMPTY_RESULT;
  }
  if (session.subscriptions.get(uri) === subscribed) session.subscriptions.delete(uri);
  return outcome.kind === 'refused'
    ? { kind: 'message', message: outcome.answer, edits: [] }
    : { kind: 'error', error: rpcErrorOf(outcome.error) };
}

function unsubscribe(core: Core, session: Session, message: Message): Reply {
  const uri = uriOf(message);
  if (uri === undefined)
    return refusal(INVALID_PARAMS, 'resources/unsubscribe needs the uri of a resource in params.uri.');
  session.subscriptions.get(uri)?.held[Symbol.dispose]();
  session.subscriptions.delete(uri);
  core.sessionChanged(session);
  return EMPTY_RESULT;
}

function uriOf(message: Message): string | undefined {
  const place = message.members.get('uri');
  return place === undefined ? undefined : stringValue(message.bytes, place);
}

const EMPTY_RESULT: Reply = { kind: 'result', json: '{}' };

function refusal(code: number, text: string): Reply {
  return { kind: 'error', error: rpcError(code, text) };
}
