// The session of a legacy client at the host, and what the client said to make it what it is. When the host has ended it,
// which a client behind a pipe can't be told, the same is said again: initialize, the level of logs, subscriptions. The
// client is told only what may have passed it by in between.

import { isScanFailure, type Message, notification, scanMessage, spanText, stringValue } from '@tutti/wire';
import { AppError } from '../../kernel/errors.ts';

export interface HostReply {
  readonly session: string | undefined;
  readonly body: Buffer;
}

export interface Conversation {
  /** Undefined before initialize, and for modern clients. */
  readonly session: string | undefined;
  /** Whether the client has said that it is initialized. */
  readonly initialized: boolean;
  /** The host has done what the client's message asks for. */
  accepted(message: Message, session: string | undefined): void;
  /**
   * Makes the session again unless that has happened since it was `lost`; at the same time it is made once. Rejects
   * with an AppError when it can't be.
   */
  revive(lost: string): Promise<void>;
}

export interface ConversationDeps {
  /** Posts to the host, in the session if there is one. */
  post(bytes: Buffer, session: string | undefined): Promise<HostReply>;
  /** The session is a new one. */
  revived(): void;
  /** Tells the client. */
  tell(message: Buffer): void;
}

export function createConversation(deps: ConversationDeps): Conversation {
  let session: string | undefined;
  let initialize: Buffer | undefined;
  let initialized: Buffer | undefined;
  let level: Buffer | undefined;
  const subscriptions = new Map<string, Buffer>();
  let reviving: Promise<void> | undefined;

  const say = (bytes: Buffer, to: string | undefined): Promise<HostReply> =>
    deps.post(bytes, to).catch((error: unknown) => {
      throw gone(error instanceof Error ? error.message : String(error), error);
    });

  async function makeAgain(lost: string): Promise<void> {
    if (initialize === undefined) throw gone('the client has not initialized');
    const { session: made, body } = await say(initialize, undefined);
    const message = scanMessage(body);
    if (made === undefined || isScanFailure(message) || message.kind !== 'result')
      throw gone(errorText(message));
    for (const said of [initialized, level]) if (said !== undefined) await say(said, made);
    // The client may have initialized by itself meanwhile.
    if (session !== lost) return;
    session = made;
    deps.revived();
    for (const changed of LISTS_CHANGED) deps.tell(changed);
    void subscribeAgain(made);
  }

  /** Nobody waits for it: servers take their time. */
  async function subscribeAgain(to: string): Promise<void> {
    for (const [uri, message] of subscriptions) {
      await deps.post(message, to).catch(() => undefined);
      if (session !== to) return;
      deps.tell(notification('notifications/resources/updated', `{"uri":${uri}}`));
    }
  }

  return {
    get session() {
      return session;
    },
    get initialized() {
      return initialized !== undefined;
    },
    accepted(message, from) {
      switch (message.method) {
        case 'initialize':
          session = from;
          initialize = message.bytes;
          initialized = level = undefined;
          return subscriptions.clear();
        case 'notifications/initialized':
          initialized = message.bytes;
          return;
        case 'logging/setLevel':
          level = message.bytes;
          return;
        case 'resources/subscribe':
          return void subscriptions.set(uriText(message), message.bytes);
        case 'resources/unsubscribe':
          return void subscriptions.delete(uriText(message));
        default:
          return;
      }
    },
    revive(lost) {
      if (session !== lost) return Promise.resolve();
      reviving ??= makeAgain(lost).finally(() => (reviving = undefined));
      return reviving;
    },
  };
}

function gone(reason: string, cause?: unknown): AppError {
  return new AppError(
    'unavailable',
    `tutti ended the session and no new one can be made (${reason}); start the client's server again`,
    { cause },
  );
}

function errorText(message: ReturnType<typeof scanMessage>): string {
  if (isScanFailure(message)) return message.reason;
  const text = message.members.get('message');
  return (text === undefined ? undefined : stringValue(message.bytes, text)) ?? 'no session came of it';
}

/** The JSON text of the uri. */
function uriText(message: Message): string {
  const uri = message.members.get('uri');
  return uri === undefined ? '""' : spanText(message.bytes, uri);
}

/** What was said while there was no session is not said again, so the client has to look. */
const LISTS_CHANGED = ['tools', 'prompts', 'resources'].map((list) =>
  notification(`notifications/${list}/list_changed`),
);
