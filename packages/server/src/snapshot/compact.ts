// Copies what was discovered into one buffer of its own, so that a few items never keep a large network buffer alive.

import type { Discovered } from './observation.ts';
import type { JsonBytes } from './types.ts';

export function compactDiscovered(found: Discovered): Discovered {
  const { handshake } = found;
  const lists = [
    found.tools,
    found.prompts,
    found.resources,
    found.resourceTemplates,
    [handshake.capabilities],
  ];
  let length = handshake.serverInfo?.length ?? 0;
  for (const list of lists) for (const item of list) length += item.length;
  const slab = Buffer.allocUnsafeSlow(length);
  let used = 0;
  const copy = (item: JsonBytes): JsonBytes => {
    const start = used;
    used += item.copy(slab, start);
    return slab.subarray(start, used);
  };
  return {
    handshake: {
      ...handshake,
      capabilities: copy(handshake.capabilities),
      serverInfo: handshake.serverInfo === undefined ? undefined : copy(handshake.serverInfo),
    },
    tools: found.tools.map(copy),
    prompts: found.prompts.map(copy),
    resources: found.resources.map(copy),
    resourceTemplates: found.resourceTemplates.map(copy),
  };
}

/** Whether two discoveries found the same, byte for byte. */
export function sameDiscovered(one: Discovered, other: Discovered): boolean {
  const [a, b] = [one.handshake, other.handshake];
  return (
    a.era === b.era &&
    a.protocolVersion === b.protocolVersion &&
    a.instructions === b.instructions &&
    a.capabilities.equals(b.capabilities) &&
    sameBytes(a.serverInfo, b.serverInfo) &&
    sameItems(one.tools, other.tools) &&
    sameItems(one.prompts, other.prompts) &&
    sameItems(one.resources, other.resources) &&
    sameItems(one.resourceTemplates, other.resourceTemplates)
  );
}

function sameBytes(one: JsonBytes | undefined, other: JsonBytes | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

function sameItems(one: readonly JsonBytes[], other: readonly JsonBytes[]): boolean {
  return one.length === other.length && one.every((item, index) => sameBytes(item, other[index]));
}
