// Who listens on a port, as far as this system tells: on Linux, and for processes of this user. Best effort: it is for
// people only.

import { readdir, readFile, readlink } from 'node:fs/promises';

export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/** The state of a socket that listens. */
const LISTEN = '0A';

export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(read));
  const sockets = new Set(
    tables.flatMap((table) => listeningInodes(table, port)).map((one) => `socket:[${one}]`),
  );
  if (sockets.size === 0) return undefined;
  for (const entry of await list('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    for (const fd of await list(`/proc/${entry}/fd`)) {
      const target = await readlink(`/proc/${entry}/fd/${fd}`).catch(() => '');
      if (sockets.has(target))
        return { pid: Number(entry), name: (await read(`/proc/${entry}/comm`)).trim() };
    }
  }
  return undefined;
}

/** Inodes of the sockets that listen on the port, from a table of /proc/net. Pure. */
export function listeningInodes(table: string, port: number): readonly string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').flatMap((line) => {
    // sl, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === LISTEN && local.endsWith(`:${hex}`) && inode !== undefined ? [inode] : [];
  });
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function list(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
