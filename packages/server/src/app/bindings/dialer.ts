// Opens what a conversation runs on: starts the process of a stdio server, starts and waits for a wrapped HTTP server,
// resolves the address of a remote one.

import { once } from 'node:events';
import { createLineSplitter } from '@tutti/wire';
import { AppError } from '../../kernel/errors.ts';
import type { Connection, Dialer, NativeServer, Pipe } from '../../gateway/ports.ts';
import { refuseUrl } from '@tutti/schemas/network';
import { displayUrl } from '../../resources/display-url.ts';
import type { ProcessRunner } from '../../runner/process/process-runner.ts';
import type { RunningProcess } from '../../runner/process/process-types.ts';
import { isPortTaken, waitForPort } from '../../runner/process/wait-for-port.ts';
import { NATIVE_SERVER } from '../../snapshot/types.ts';
import type { Launchable } from '../desired-servers.ts';

/** A wrapped server's stdout is a log; a longer line is cut off. */
const MAX_LOG_LINE_BYTES = 65_536;
const LOOPBACK = '127.0.0.1';
/** The instance that all callers share. */
const SHARED = 'shared';

export interface DialerDeps {
  readonly servers: { get(name: string): Launchable | undefined };
  /** Tutti's own tools. */
  readonly native: NativeServer;
  readonly runner: ProcessRunner;
  readonly log: (server: string, line: string) => void;
  /** A server is dialled through the proxy: its own url, as people may see it, and where it is dialled instead. */
  readonly dialledThroughProxy: (server: string, url: string, proxyUrl: string) => void;
}

export function createDialer(deps: DialerDeps): Dialer {
  /** The processes of wrapped servers by their ports, until they are gone. */
  const holders = new Map<number, RunningProcess>();

  async function start(server: Launchable, instance: string, signal: AbortSignal): Promise<RunningProcess> {
    const { spec, resource } = server;
    return await deps.runner.start(
      {
        server: resource.name,
        instance,
        command: spec.command ?? '',
        args: spec.args,
        env: spec.env,
        workdir: spec.workdir ?? '/',
        stopGraceMs: spec.stopGraceMs,
        ...(spec.limits.memoryBytes !== undefined && { memoryBytes: spec.limits.memoryBytes }),
      },
      signal,
    );
  }

  /** Waits for our own to leave the port, and refuses it when a stranger has it. */
  async function vacate(port: number, signal: AbortSignal): Promise<void> {
    const holder = holders.get(port);
    if (holder !== undefined && !signal.aborted) await Promise.race([holder.ended, once(signal, 'abort')]);
    if (await isPortTaken(LOOPBACK, port, signal))
      throw new AppError(
        'conflict',
        `port ${port} is in use by another process; end that one, or choose another httpPort`,
      );
  }

  async function wrap(
    server: Launchable,
    httpPort: number,
    instance: string,
    signal: AbortSignal,
  ): Promise<Connection> {
    const { spec, resource } = server;
    const path = spec.type === 'sse' ? '/sse' : '/mcp';
    const url = new URL(`http://${LOOPBACK}:${httpPort}${path}`);
    const target = {
      url,
      headers: spec.headers,
      transport: spec.type === 'sse' ? ('sse' as const) : ('streamable-http' as const),
    };
    // One process listens on the port; other instances are further conversations with it.
    if (instance !== SHARED) return { kind: 'http', target: { ...target, process: undefined } };
    await vacate(httpPort, signal);
    const process = await start(server, instance, signal);
    holders.set(httpPort, process);
    const lines = createLineSplitter({
      maxLineBytes: MAX_LOG_LINE_BYTES,
      onLine: (line) => deps.log(resource.name, line.toString()),
      onOversize: () => deps.log(resource.name, '(a line that is too long)'),
    });
    process.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
    const gone = new AbortController();
    void process.ended.then(() => {
      gone.abort();
      if (holders.get(httpPort) === process) holders.delete(httpPort);
    });
    try {
      await waitForPort(LOOPBACK, httpPort, AbortSignal.any([signal, gone.signal]));
    } catch (error) {
      const end = await process.stop();
      if (gone.signal.aborted && !signal.aborted) {
        throw new AppError('unavailable', `ended before it listened on port ${httpPort}: ${end.reason}`, {
          cause: error,
        });
      }
      throw error;
    }
    return { kind: 'http', target: { ...target, process: pipeOf(process) } };
  }

  return {
    async open(name, instance, signal) {
      if (name === NATIVE_SERVER) return { kind: 'native', server: deps.native };
      const server = deps.servers.get(name);
      if (server === undefined) throw new AppError('not_found', `${name} is not declared any more`);
      const { spec } = server;
      if (spec.type === 'stdio') return { kind: 'pipe', pipe: pipeOf(await start(server, instance, signal)) };
      if (spec.command !== undefined && spec.httpPort !== undefined)
        return await wrap(server, spec.httpPort, instance, signal);
      if (spec.type === 'native') throw new AppError('internal', `${name} is no server to dial`);
      const { dialUrl } = server;
      const url = URL.parse(dialUrl ?? spec.url ?? '');
      if (url === null)
        throw new AppError('invalid_config', `the url of ${name} is no url once its variables are resolved`);
      const refused = refuseUrl(url, 'declared');
      if (refused !== undefined) throw new AppError('refused', `${name}: ${refused}`);
      if (dialUrl !== undefined)
        deps.dialledThroughProxy(name, displayUrl(server.resource.spec.url ?? ''), dialUrl);
      return {
        kind: 'http',
        target: {
          url,
          headers: spec.headers,
          // A proxy speaks Streamable HTTP, whatever the server behind it speaks.
          transport: dialUrl === undefined ? spec.type : 'streamable-http',
          process: undefined,
          retryRefused: dialUrl !== undefined,
        },
      };
    },
  };
}

function pipeOf(process: RunningProcess): Pipe {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    ended: process.ended,
    async close() {
      await process.stop();
    },
  };
}
