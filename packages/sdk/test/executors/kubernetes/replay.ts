// Answers as a real API server did: what was asked in a story gets what was answered then, in the same order.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';
import recorded from './gen/recorded.json' with { type: 'json' };

const ExchangeSchema = z.object({
  story: z.string(),
  /** With its query. */
  path: z.string(),
  status: z.int(),
  body: z.unknown(),
});

export type Exchange = z.infer<typeof ExchangeSchema>;

export interface Replay extends Disposable {
  readonly kubeconfig: string;
  /** Requests that nothing was recorded for. */
  readonly unknown: readonly string[];
  /** What was recorded and not asked for. */
  readonly left: readonly string[];
}

const ALL = z.array(ExchangeSchema).parse(recorded);

export const RECORDED: ReadonlySet<string> = new Set(ALL.map(({ story }) => story));

export async function replay(story: string): Promise<Replay> {
  const exchanges = ALL.filter((one) => one.story === story);
  const unknown: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    const at = exchanges.findIndex(({ path }) => path === url);
    const [found] = at < 0 ? [] : exchanges.splice(at, 1);
    if (found === undefined) unknown.push(url);
    response.writeHead(found?.status ?? 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found?.body ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    kubeconfig: kubeconfigFor(`http://127.0.0.1:${port}`, 'token'),
    unknown,
    get left() {
      return exchanges.map(({ path }) => path);
    },
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export function kubeconfigFor(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'agent', user: { token } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'agent' } }],
    'current-context': 'here',
  });
}
