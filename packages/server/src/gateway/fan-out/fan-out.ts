// One call that goes to all members of a family: an exchange for each of them, and one answer put together from theirs.
// To the client it is one exchange. Its cancellation reaches every member; each member has its own deadline, counted from
// the start of the whole. Members can't ask the client anything: it could not tell their questions apart.

import {
  cutEdits,
  ENVELOPE,
  isScanFailure,
  type Message,
  scanMessage,
  setMetaMember,
  splice,
} from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Caller } from '../caller.ts';
import { type Ask, type Channel, Exchange, type ExchangeOwner, type Reply } from '../exchange.ts';
import { rpcErrorOf } from '../protocol/rpc.ts';
import type { Route } from '../routing/route.ts';
import type { Pool } from '../upstream/pool.ts';
import { mergedResult, type Part, partOf } from './merge.ts';
import { createMergedProgress, type MergedProgress } from './progress.ts';

/** Members that are called at a time. */
export const MAX_FAN_OUT_AT_ONCE = 16;

export interface FanOutDeps {
  readonly pool: Pick<Pool, 'submit'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** When a call that goes to the server now is given up. */
  readonly deadlineOf: (server: string, nowMs: number) => number;
  /** Does the bookkeeping of a member's exchange. */
  readonly finished: ExchangeOwner['finished'];
  /** The same call, held since its client was lost: this one takes it up. */
  readonly same: Exchange['carrier'];
}

export interface FanOutCall {
  readonly route: Extract<Route, { kind: 'members' }>;
  readonly message: Message;
  readonly caller: Caller;
  readonly channel: Channel & ExchangeOwner;
}

export function createFanOut(deps: FanOutDeps, call: FanOutCall): Exchange {
  const { message, caller, channel, route } = call;
  const startedMs = deps.clock.nowMs();
  const whole = new Exchange({
    request: message,
    method: message.method ?? '',
    caller,
    server: familyLabel(route.family),
    tool: route.calls[0]?.tool,
    renames: route.renames,
    paramHeaders: undefined,
    startedMs,
    deadlineMs: Infinity,
    channel,
    owner: channel,
  });
  if (deps.same === undefined) {
    const fanOut = new FanOut(deps, whole, call);
    whole.members = fanOut.calls;
    whole.carrier = fanOut;
  } else {
    whole.members = [];
    whole.carrier = deps.same;
  }
  return whole;
}

const LABEL = 'family ';

/** As the family is named where else a server is, whose names have no spaces. */
export function familyLabel(family: string): string {
  return `${LABEL}${family}`;
}

export function familyOfLabel(label: string): string | undefined {
  return label.startsWith(LABEL) ? label.slice(LABEL.length) : undefined;
}

class FanOut {
  readonly #deps: FanOutDeps;
  readonly #whole: Exchange;
  readonly calls: readonly Exchange[];
  readonly #parts: (Part | undefined)[];
  readonly #progress: MergedProgress | undefined;
  #next = 0;
  #open = 0;
  #done = 0;
  #isPumping = false;

  constructor(deps: FanOutDeps, whole: Exchange, { route, message, caller }: FanOutCall) {
    this.#deps = deps;
    this.#whole = whole;
    const token = message.metaMembers.get('progressToken');
    const servers = route.calls.map(({ server }) => server);
    if (token !== undefined)
      this.#progress = createMergedProgress(
        message.bytes.toString('utf8', token.start, token.end),
        servers.length,
      );
    const mute = unasked(caller);
    const request = requestOf(route, message);
    this.#parts = servers.map(() => undefined);
    this.calls = route.calls.map(
      ({ server, tool, paramHeaders }, index) =>
        new Exchange({
          request,
          method: whole.method,
          caller: mute,
          server,
          tool,
          renames: [],
          paramHeaders,
          startedMs: whole.startedMs,
          deadlineMs: deps.deadlineOf(server, whole.startedMs),
          channel: this.#channelOf(index, server),
          owner: { finished: deps.finished },
        }),
    );
  }

  submit(whole: Exchange): void {
    whole.holder = this;
    this.#pump();
  }

  cancel(_whole: Exchange, reason: string | undefined): void {
    for (const call of this.calls) call.cancel(reason);
  }

  #pump(): void {
    // A member may be done before `submit` returns.
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#open < MAX_FAN_OUT_AT_ONCE && !this.#whole.finished) {
      const call = this.calls[this.#next];
      if (call === undefined) break;
      this.#next++;
      this.#open++;
      if (call.deadlineMs > this.#deps.clock.nowMs()) this.#deps.pool.submit(call);
      else call.fail(rpcErrorOf(new AppError('timeout', `${call.server} got no turn in time.`)), 'timeout');
    }
    this.#isPumping = false;
  }

  #channelOf(index: number, server: string): Channel {
    return {
      notify: (message) => this.#notified(index, server, message),
      ask: refuse,
      finish: (reply) => this.#finished(index, server, reply),
    };
  }

  #notified(index: number, server: string, bytes: Buffer): void {
    if (this.#whole.finished) return;
    const message = scanMessage(bytes);
    if (isScanFailure(message) || message.method !== 'notifications/progress')
      return this.#whole.channel.notify(bytes);
    const merged = this.#progress?.reported(index, server, message);
    if (merged !== undefined) this.#whole.channel.notify(merged);
  }

  #finished(index: number, server: string, reply: Reply): void {
    this.#parts[index] = partOf(server, reply);
    this.#open--;
    this.#done++;
    if (this.#whole.finished) return;
    if (this.#done === this.calls.length) {
      const parts = this.#parts.filter((part) => part !== undefined);
      return this.#whole.finish({ kind: 'result', json: mergedResult(parts, this.#whole.caller.era) });
    }
    const merged = this.#progress?.done(index, server);
    if (merged !== undefined) this.#whole.channel.notify(merged);
    this.#pump();
  }
}

/** What each member gets, as a message of its own: its codec edits it once more. */
function requestOf({ renames }: FanOutCall['route'], message: Message): Message {
  const edits = [
    ...renames,
    ...setMetaMember(message, ENVELOPE.clientCapabilities, '{}'),
    ...cutEdits(message),
  ];
  const request = scanMessage(splice(message.bytes, edits));
  if (isScanFailure(request)) throw new Error(`a request became ${request.reason}`);
  return request;
}

function refuse(ask: Ask): void {
  ask.settle({ kind: 'error', json: CANT_ASK });
}

const CANT_ASK = Buffer.from('{"code":-32601,"message":"A call of all members of a family can\'t ask."}');

/** The caller as one that answers nothing and knows no tasks. */
function unasked(caller: Caller): Caller {
  return {
    principal: caller.principal,
    ...(caller.roles !== undefined && { roles: caller.roles }),
    era: caller.era,
    sessionKey: caller.sessionKey,
    protocolVersion: caller.protocolVersion,
    capabilities: '{}',
    clientInfo: caller.clientInfo,
    paramHeaders: caller.paramHeaders,
    get logLevel() {
      return caller.logLevel;
    },
  };
}
