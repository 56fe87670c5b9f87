// Servers whose tools nobody has seen yet: a tool that is not found may be one of theirs. Pure.

import type { ApiServer } from '@tutti/schemas';

const MAX_NAMES = 5;

/** Whose tools are not known yet, and how to get to know them; undefined when all are known. */
export function unknownToolsHint(servers: readonly ApiServer[]): string | undefined {
  const silent = servers.filter(
    ({ toolCount, status }) => toolCount === undefined && status.state !== 'Suspended',
  );
  const [first, second] = silent;
  if (first === undefined) return undefined;
  const names = silent.slice(0, MAX_NAMES).map(({ name }) => name);
  const more = silent.length > MAX_NAMES ? ` and ${silent.length - MAX_NAMES} more` : '';
  return `The tools of ${names.join(', ')}${more} are not known yet. ${second === undefined ? nextFor(first) : 'See why: tutti get servers'}`;
}

function nextFor({ name, status }: ApiServer): string {
  return status.state === 'Stopped'
    ? `Look at them: tutti tools --server ${name} --discover`
    : `See why: tutti describe server ${name}`;
}
