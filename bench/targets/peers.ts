// The peers, from node_modules, each with the flags that make it fastest at the same work: HTTP → stdio with sessions,
// without its log.

import { createServer } from 'node:net';
import { openClient } from '../load/client-session.ts';
import { benchFile, stdioUpstream } from './bare.ts';
import { start } from './process.ts';
import { PLAIN_TOOLS, type Target } from './target.ts';

export async function startSupergateway(): Promise<Target> {
  const port = await freePort();
  const command = [process.execPath, ...stdioUpstream('legacy')].map((word) => `'${word}'`).join(' ');
  return startPeer('supergateway', port, [
    benchFile('../node_modules/supergateway/dist/index.js'),
    '--stdio',
    command,
    '--outputTransport=streamableHttp',
    '--stateful',
    `--port=${port}`,
    '--logLevel=none',
  ]);
}

export async function startMcpProxy(): Promise<Target> {
  const port = await freePort();
  return startPeer('mcp-proxy', port, [
    benchFile('../node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs'),
    '--server=stream',
    '--no-eventStore',
    '--host=127.0.0.1',
    `--port=${port}`,
    '--',
    process.execPath,
    ...stdioUpstream('legacy'),
  ]);
}

async function startPeer(
  name: 'supergateway' | 'mcp-proxy',
  port: number,
  args: readonly string[],
): Promise<Target> {
  const running = start({ command: process.execPath, args });
  const url = `http://127.0.0.1:${port}/mcp`;
  await running.waitFor(() => answers(url));
  return {
    name,
    url,
    pid: running.pid,
    tools: PLAIN_TOOLS,
    // Faster for both, as supergateway starts a server for each session.
    sessions: 'one',
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

async function answers(url: string): Promise<true | undefined> {
  try {
    const client = await openClient(url);
    await client.listPage(undefined);
    await client.close();
    return true;
  } catch {
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
