// `subscriptions/listen` of a modern client: acknowledged first, then every change it asked for, tagged with the id of
// its request, until either side ends it.

import {
  ENVELOPE,
  isScanFailure,
  type Message,
  notification,
  replaceSpan,
  resultResponse,
  scanMessage,
  setMetaMembers,
  spanText,
  splice,
} from '@tutti/wire';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { Core } from '../core.ts';
import type { Caller } from '../caller.ts';
import type { ListKind } from '../protocol/methods.ts';
import { INVALID_PARAMS, rpcError, rpcErrorOf } from '../protocol/rpc.ts';
import type { ResourceTarget, View } from '../routing/view.ts';
import type { Listener } from '../sessions/listeners.ts';
import { declaresTasks, MISSING_TASKS_EXTENSION } from '../tasks/capability.ts';
import type { Subscription } from '../upstream/resource-watch.ts';
import { encodeReply } from './encode-reply.ts';
import type { ModernStream } from './sink.ts';

const filterSchema = z.object({
  toolsListChanged: z.boolean().optional(),
  promptsListChanged: z.boolean().optional(),
  resourcesListChanged: z.boolean().optional(),
  resourceSubscriptions: z.array(z.string()).optional(),
  taskIds: z.array(z.string()).optional(),
});

type Filter = z.infer<typeof filterSchema>;

export function openListen(
  core: Core,
  view: View,
  caller: Caller,
  message: Message,
  id: string,
  stream: ModernStream,
): void {
  const filter = readFilter(message, core.limits.maxSubscriptions);
  if (filter === undefined) {
    const text = `subscriptions/listen needs params.notifications, with at most ${core.limits.maxSubscriptions} resourceSubscriptions and as many taskIds.`;
    return stream.end(
      encodeReply({ kind: 'error', error: rpcError(INVALID_PARAMS, text) }, id),
      INVALID_PARAMS,
    );
  }
  if (filter.taskIds !== undefined && !declaresTasks(caller.capabilities)) {
    return stream.end(
      encodeReply({ kind: 'error', error: MISSING_TASKS_EXTENSION }, id),
      MISSING_TASKS_EXTENSION.code,
    );
  }
  const refusal = core.streams.standingRefusal;
  if (refusal !== undefined) {
    core.events.limitReached('max_streams', undefined);
    const error = rpcErrorOf(new AppError('overloaded', refusal));
    return stream.end(encodeReply({ kind: 'error', error }, id), error.code);
  }
  const held = new Map<string, HeldTarget>();
  for (const uri of filter.resourceSubscriptions ?? []) {
    const target = view.resource(uri);
    const subscription = target && core.pool.slot(target.server)?.watch.subscribe(target.uri);
    if (target !== undefined && subscription !== undefined) held.set(uri, { target, subscription });
  }
  let closed = false;
  stream.onClosed(() => {
    closed = true;
    release(held);
  });
  if (!closed) core.streams.stand(stream);
  const start = (): void => {
    if (!closed) startListening(core, { view, caller, filter, held, id, stream });
  };
  if (held.size === 0) return start();
  const refusals = [...held].map(async ([uri, { subscription }]) => {
    const { kind } = await subscription.outcome;
    if (kind !== 'subscribed') held.delete(uri);
  });
  const { promise: waitedEnough, resolve } = Promise.withResolvers<void>();
  const timer = core.clock.after(ACKNOWLEDGE_MS, resolve);
  void Promise.race([Promise.all(refusals), waitedEnough])
    .then(start)
    .catch((error: unknown) => core.events.internalError(error))
    .finally(() => timer[Symbol.dispose]());
}

/** The acknowledgement tells what is listened to, so servers may first say no; a slow one holds nobody up for longer. */
const ACKNOWLEDGE_MS = 1_000;

interface HeldTarget {
  readonly target: ResourceTarget;
  readonly subscription: Subscription;
}

function release(held: ReadonlyMap<string, HeldTarget>): void {
  for (const { subscription } of held.values()) subscription[Symbol.dispose]();
}

interface Opened {
  readonly view: View;
  readonly caller: Caller;
  readonly filter: Filter;
  /** By the uris that the client knows. What a server refuses goes, late as it may be. */
  readonly held: ReadonlyMap<string, HeldTarget>;
  readonly id: string;
  readonly stream: ModernStream;
}

function startListening(core: Core, { view, caller, filter, held, id, stream }: Opened): void {
  const tag = `"${ENVELOPE.subscriptionId}":${id}`;
  const notify = (bytes: Buffer): void => stream.send(tagged(bytes, tag, id));
  const tasks = core.tasks.listen(view, caller, filter.taskIds ?? [], notify);
  stream.send(
    notification(
      'notifications/subscriptions/acknowledged',
      `{"_meta":{${tag}},"notifications":${JSON.stringify(accepted(filter, [...held.keys()], tasks.taskIds))}}`,
    ),
  );

  const finish = (): void =>
    stream.end(
      resultResponse(id, `{"resultType":"complete","_meta":{${tag}}}`).toString('latin1'),
      undefined,
    );
  const listener: Listener = {
    view,
    wantsList: (kind) => wantsList(filter, kind),
    subscribedUri(server, uri) {
      for (const [known, { target }] of held)
        if (target.server === server && target.uri === uri) return known;
      return undefined;
    },
    notify,
    accessesChanged() {
      if (core.viewAgain(view, caller.principal) !== view) finish();
    },
  };
  core.listeners.add(listener);

  stream.onClosed(() => {
    core.listeners.remove(listener);
    tasks.stop();
    release(held);
  });
  stream.onShutdown(finish);
}

function readFilter(message: Message, max: number): Filter | undefined {
  const member = message.members.get('notifications');
  if (member === undefined) return undefined;
  const filter = filterSchema.safeParse(JSON.parse(spanText(message.bytes, member))).data;
  const most = Math.max(filter?.resourceSubscriptions?.length ?? 0, filter?.taskIds?.length ?? 0);
  return most <= max ? filter : undefined;
}

function accepted(filter: Filter, uris: readonly string[], taskIds: readonly string[]): Filter {
  return {
    ...(filter.toolsListChanged === true && { toolsListChanged: true }),
    ...(filter.promptsListChanged === true && { promptsListChanged: true }),
    ...(filter.resourcesListChanged === true && { resourcesListChanged: true }),
    ...(uris.length > 0 && { resourceSubscriptions: [...uris] }),
    ...(taskIds.length > 0 && { taskIds: [...taskIds] }),
  };
}

function wantsList(filter: Filter, kind: ListKind): boolean {
  switch (kind) {
    case 'tools':
      return filter.toolsListChanged === true;
    case 'prompts':
      return filter.promptsListChanged === true;
    case 'resources':
    case 'resourceTemplates':
      return filter.resourcesListChanged === true;
  }
}

/** The notification with this subscription's id instead of any other's. */
function tagged(bytes: Buffer, tag: string, id: string): Buffer {
  const message = scanMessage(bytes);
  if (isScanFailure(message)) return bytes;
  const other = message.metaMembers.get(ENVELOPE.subscriptionId);
  return splice(bytes, other === undefined ? setMetaMembers(message, tag) : [replaceSpan(other, id)]);
}
