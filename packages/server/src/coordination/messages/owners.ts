// Which agents a principal has, in memory, so that a call of the principal finds its agent at once.

import type { Directory } from '../agents/directory.ts';

export interface Owners extends Disposable {
  /** The agent of a principal that has just one. */
  onlyAgentOf(principal: string): string | undefined;
  isOwner(agentId: string, principal: string): boolean;
}

export function createOwners(directory: Pick<Directory, 'get' | 'all' | 'subscribe'>): Owners {
  const agentsOf = new Map<string, Set<string>>();
  const ownerOf = new Map<string, string>();

  function look(id: string): void {
    const owner = directory.get(id)?.row.owner;
    const before = ownerOf.get(id);
    if (before === owner) return;
    if (before !== undefined) {
      const agents = agentsOf.get(before);
      agents?.delete(id);
      if (agents?.size === 0) agentsOf.delete(before);
    }
    if (owner === undefined) {
      ownerOf.delete(id);
      return;
    }
    ownerOf.set(id, owner);
    agentsOf.set(owner, (agentsOf.get(owner) ?? new Set()).add(id));
  }

  for (const { row } of directory.all()) look(row.id);
  const listening = directory.subscribe(look);

  return {
    onlyAgentOf(principal) {
      const agents = agentsOf.get(principal);
      if (agents?.size !== 1) return undefined;
      for (const id of agents) return id;
      return undefined;
    },
    isOwner: (agentId, principal) => ownerOf.get(agentId) === principal,
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
