// Processes that need this host to live: each holds a response open. A host that was started for them ends when the
// last one has been gone for a while. On each response something is written from time to time: whoever reads it, or
// stands in between, takes a long silence for death. It takes the instance token: a page in a browser or a stranger could hold
// as many open as there are sockets.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../kernel/clock.ts';

export const ATTACH_PATH = '/api/v1/attach';

/** A host that was started by a bridge waits this long for the next one. */
export const UNUSED_GRACE_MS = 10_000;

/** Well within the 300 s of silence after which Node's own fetch gives a body up. */
export const ATTACHED_SIGN_MS = 30_000;

export interface Attachments extends Disposable {
  /** Takes the request if it is one to attach, of somebody who may. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

export interface AttachmentsDeps {
  readonly clock: Clock;
  readonly isAdmitted: (authorization: string | undefined) => boolean;
  /** The last one has been gone for a while. */
  readonly unused: () => void;
}

export function createAttachments({ clock, isAdmitted, unused }: AttachmentsDeps): Attachments {
  const open = new Set<ServerResponse>();
  let timer: Disposable | undefined = clock.after(UNUSED_GRACE_MS, unused);
  let sign: Disposable | undefined;

  function giveSign(): void {
    // Nothing piles up for one that does not read.
    for (const response of open) if (response.writableLength === 0) response.write('\n');
    sign = open.size === 0 ? undefined : clock.after(ATTACHED_SIGN_MS, giveSign);
  }

  return {
    handle(request, response) {
      if (request.url !== ATTACH_PATH || request.method !== 'GET') return false;
      if (!isAdmitted(request.headers.authorization)) return false;
      timer?.[Symbol.dispose]();
      timer = undefined;
      open.add(response);
      response.on('close', () => {
        open.delete(response);
        if (open.size === 0) timer ??= clock.after(UNUSED_GRACE_MS, unused);
      });
      response.writeHead(200, ['content-type', 'text/plain']);
      response.flushHeaders();
      sign ??= clock.after(ATTACHED_SIGN_MS, giveSign);
      return true;
    },
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
      sign?.[Symbol.dispose]();
      for (const response of open) response.destroy();
    },
  };
}
