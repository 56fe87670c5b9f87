// Handles: the task ids that clients see. A handle says which server has the task and under which id, and carries a MAC
// over both and the principal, so that nothing has to be remembered to find the task again, and nobody can use the
// handle of somebody else. The same task always has the same handle.

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Characters of the MAC, 6 bits each. */
const MAC_CHARS = 22;
/** A longer handle was not given out here. */
const MAX_HANDLE_CHARS = 8_192;
/** A longer id would make a handle that no header can carry. */
export const MAX_TASK_ID_BYTES = 4_096;

/** A task as its server knows it. */
export interface TaskRef {
  readonly server: string;
  /** Names the process or session that alone knows the task; empty when the server knows it in any conversation. */
  readonly home: string;
  /** JSON text of the server's id; of a result that the gateway holds, which no server knows, its name. */
  readonly id: string;
}

export interface TaskHandles {
  seal(ref: TaskRef, principal: string): string;
  /** Undefined for anything that was not given to this principal. */
  open(handle: string, principal: string): TaskRef | undefined;
}

export function createTaskHandles(key: Buffer): TaskHandles {
  const seal: TaskHandles['seal'] = ({ server, home, id }, principal) => {
    const body = `${server.replace(' ', '~')}.${Buffer.from(home + id).toString('base64url')}`;
    const mac = createHmac('sha256', key).update(JSON.stringify(['task', principal, body]));
    return `${body}.${mac.digest('base64url').slice(0, MAC_CHARS)}`;
  };
  return {
    seal,
    open(handle, principal) {
      const macAt = handle.lastIndexOf('.');
      const idAt = handle.lastIndexOf('.', macAt - 1);
      if (idAt <= 0 || handle.length > MAX_HANDLE_CHARS) return undefined;
      const ref = readRef(handle.slice(0, idAt), handle.slice(idAt + 1, macAt));
      const given = Buffer.from(handle);
      const expected = Buffer.from(seal(ref, principal));
      return given.length === expected.length && timingSafeEqual(given, expected) ? ref : undefined;
    },
  };
}

/**
 * The server's id is a JSON string, so it starts at the first quote; a name of ours has none. Where it is no server but a
 * family there is a space, which is none in a handle: people copy those.
 */
function readRef(written: string, encoded: string): TaskRef {
  const server = written.replace('~', ' ');
  const text = Buffer.from(encoded, 'base64url').toString();
  const quote = text.indexOf('"');
  return quote === -1
    ? { server, home: '', id: text }
    : { server, home: text.slice(0, quote), id: text.slice(quote) };
}

/** Whether the task is a result that the gateway holds. */
export function isHeld({ id }: TaskRef): boolean {
  return !id.startsWith('"');
}

/** One text for each task, to find it by. */
export function taskKey({ server, home, id }: TaskRef): string {
  return `${server} ${home}${id}`;
}
