// A conversation with Tutti's own tools, in this process: a modern server without a transport. An answer comes in a later
// turn, like that of any server.

import {
  errorResponse,
  isScanFailure,
  type Message,
  notification,
  resultResponse,
  scanMessage,
  spanText,
  stringValue,
} from '@tutti/wire';
import { toAppError } from '../../kernel/errors.ts';
import { IdTable } from '../../kernel/id-table.ts';
import { LIST_TTL_MS } from '../limits.ts';
import type { NativeRetry, NativeServer } from '../ports.ts';
import { canFillForms } from '../protocol/capabilities.ts';
import { MODERN_REVISION } from '../protocol/revisions.ts';
import { INVALID_PARAMS, METHOD_NOT_FOUND, rpcErrorOf } from '../protocol/rpc.ts';
import type { Link, LinkHandlers } from './link.ts';

interface Open {
  readonly id: number;
  readonly abort: AbortController;
}

const COMPLETE = '"resultType":"complete"';
const CACHED = `${COMPLETE},"ttlMs":${LIST_TTL_MS},"cacheScope":"private"`;

export function createNativeLink(server: NativeServer, handlers: LinkHandlers): Link {
  const open = new IdTable<Open>();
  let over = false;

  function deliver(bytes: Buffer, id: number): void {
    const message = scanMessage(bytes);
    if (over || isScanFailure(message)) return;
    handlers.message(message, id);
  }

  /** JSON text of the result. */
  async function answer(method: string, message: Message, { id, abort }: Open): Promise<string> {
    switch (method) {
      case 'ping':
        return `{${COMPLETE}}`;
      case 'server/discover':
        return discovered(server);
      case 'tools/list':
        return `{${CACHED},"tools":${await server.tools()}}`;
      default:
        return `{${await call(message, id, abort.signal)}}`;
    }
  }

  async function call(message: Message, id: number, signal: AbortSignal): Promise<string> {
    const { members, bytes, metaMembers } = message;
    const name = members.get('name');
    const args = members.get('arguments');
    const caller = handlers.callerOf?.(id);
    const wantsProgress = metaMembers.has('progressToken');
    return await server.call({
      tool: name === undefined ? '' : (stringValue(bytes, name) ?? ''),
      args: args === undefined ? '{}' : spanText(bytes, args),
      caller: {
        principal: caller?.principal ?? '',
        sessionKey: caller?.sessionKey,
        roles: caller?.roles ?? [],
      },
      signal,
      canElicit: () => caller !== undefined && canFillForms(caller),
      again: retryOf(message),
      progress(step) {
        if (!wantsProgress) return;
        const params = JSON.stringify({ progressToken: id, ...step });
        deliver(notification('notifications/progress', params), id);
      },
    });
  }

  async function settle(method: string, message: Message, entry: Open): Promise<void> {
    const { id } = entry;
    const response = await answer(method, message, entry).then(
      (json) => resultResponse(String(id), json),
      (error: unknown) => refusal(error, id),
    );
    if (open.take(id) !== undefined) deliver(response, id);
  }

  function refusal(error: unknown, id: number): Buffer {
    const { code, message, data } = rpcErrorOf(toAppError(error));
    return errorResponse(String(id), code, message, data);
  }

  return {
    request({ id, method, bytes }) {
      if (over) return handlers.failed(id, { kind: 'network', reason: 'It is closed.', sent: false });
      const message = scanMessage(bytes);
      if (isScanFailure(message) || !METHODS.has(method)) {
        const code = isScanFailure(message) ? INVALID_PARAMS : METHOD_NOT_FOUND;
        return void setImmediate(() =>
          deliver(errorResponse(String(id), code, `Method not found: ${method}`), id),
        );
      }
      const entry = { id, abort: new AbortController() };
      open.set(entry);
      void settle(method, message, entry);
    },
    send() {},
    abort(id) {
      open.take(id)?.abort.abort();
    },
    agree() {},
    listen() {},
    async close() {
      if (over) return;
      over = true;
      for (const { abort } of open.all()) abort.abort();
      open.clear();
      handlers.closed({ kind: 'closed', reason: 'It was closed.' });
    },
  };
}

function retryOf({ bytes, members }: Message): NativeRetry | undefined {
  const state = members.get('requestState');
  const text = state === undefined ? undefined : stringValue(bytes, state);
  if (text === undefined) return undefined;
  const responses = members.get('inputResponses');
  return { state: text, responses: responses === undefined ? '{}' : spanText(bytes, responses) };
}

const METHODS: ReadonlySet<string> = new Set(['ping', 'server/discover', 'tools/list', 'tools/call']);

function discovered({ version, instructions }: NativeServer): string {
  const info = JSON.stringify({ name: 'tutti', title: 'Tutti', version });
  const text = instructions === undefined ? '' : `,"instructions":${JSON.stringify(instructions)}`;
  return `{${CACHED},"supportedVersions":["${MODERN_REVISION}"],"capabilities":{"tools":{}}${text},"_meta":{"io.modelcontextprotocol/serverInfo":${info}}}`;
}
