// What the load is sent to. A target is started once and measured in many runs.

import type { GroupSpec } from '../load/client.ts';

export type TargetName = 'direct' | 'floor' | 'tutti' | 'supergateway' | 'mcp-proxy';
export type Path = 'http-stdio' | 'http-http';

export function pathText(path: Path): string {
  return path === 'http-stdio' ? 'HTTP → stdio' : 'HTTP → HTTP';
}

export interface Target extends AsyncDisposable {
  readonly name: TargetName;
  readonly url: string;
  /** The process that does the work; its CPU time is counted. */
  readonly pid: number;
  /** What the echo and the big tool are called here. */
  readonly tools: { readonly small: string; readonly big: string };
  readonly sessions: GroupSpec['sessions'];
}

export const PLAIN_TOOLS = { small: 'echo', big: 'big' } as const;
