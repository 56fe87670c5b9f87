// Tutti's own tools in one piece: the server that the gateway dials, its place among the servers, and what the tools work
// on, which is there only when the host runs.

import type { NativeServer } from '../../gateway/ports.ts';
import type { LaunchableServers } from '../desired-servers.ts';
import { createRunning, type ToolDeps } from './native-deps.ts';
import { withNativeServer } from './native-launchable.ts';
import { createNativeServer } from './native-server.ts';

export interface Native {
  readonly server: NativeServer;
  /** The declared ones and this. */
  readonly servers: LaunchableServers;
  /** Calls are refused before. */
  readonly start: (deps: ToolDeps) => void;
}

export interface NativeDeps {
  readonly servers: LaunchableServers;
  readonly version: string;
  readonly warn: (message: string, cause?: unknown) => void;
}

export function openNative({ servers, version, warn }: NativeDeps): Native {
  const { running, start } = createRunning();
  const server = createNativeServer({
    version,
    instructions: undefined,
    // Their schemas are made when the first conversation begins.
    async load() {
      const [{ createCoreTools }, { createCoordinationTools }] = await Promise.all([
        import('./core/core-tools.ts'),
        import('./coordination/coordination-tools.ts'),
      ]);
      return [...createCoreTools(running), ...createCoordinationTools(running)];
    },
    internalError: (error) => warn('a tool of Tutti failed', error),
  });
  return { server, servers: withNativeServer(servers, version), start };
}
