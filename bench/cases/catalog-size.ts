// The large catalog: the same in both of its cases.

export const SERVERS = 1_000;
export const TOOLS_EACH = 100;

export function serverName(index: number): string {
  return `server-${String(index % SERVERS).padStart(4, '0')}`;
}
