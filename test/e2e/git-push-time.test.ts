// How long a push takes until calls are answered by what it declares: with a webhook at once, without one within the
// interval. The times are noted on the test; what is asserted is that the webhook, and nothing else, brought it.

import { createHmac } from 'node:crypto';
import { ApiSourceListSchema, type ApiSource } from '@tutti/schemas';
import { expect, test } from 'vitest';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { createGitRepository, startGitServer } from '../support/git-repository.ts';
import { verifies } from '../verifies.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;
const SECRET = 'a-long-secret-of-the-hook';
const INTERVAL_MS = 2_000;
const ROUNDS = 5;
/** Far over what it takes, for machines that do other things too. */
const GENEROUS_MS = 60_000;

const server = (name: string, version: number): string =>
  JSON.stringify({
    name,
    enabled: true,
    command: process.execPath,
    args: [FAULTY],
    env: { VERSION: `${version}` },
  });

const source = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: 'tutti.dev/v1alpha1',
    kind: 'Source',
    metadata: { name },
    spec: { git: spec },
  });

test('a push takes effect at once with a webhook, and within the interval without one', async ({
  annotate,
}) => {
  verifies('SRC-02', 'SRC-03');
  await using stack = new AsyncDisposableStack();
  const [hooked, polled] = await Promise.all(
    ['hooked', 'polled'].map(async (name) => {
      const repository = stack.use(await createGitRepository({ 'server.json': server(name, 0) }));
      return { repository, url: stack.use(await startGitServer(repository)).url };
    }),
  );
  if (hooked === undefined || polled === undefined) throw new Error('two repositories');
  const gateway = stack.use(
    await startGateway({
      files: {
        'hooked.json': source('hooked', { url: hooked.url, interval: '1h', webhook: { secret: SECRET } }),
        'polled.json': source('polled', { url: polled.url, interval: `${INTERVAL_MS}ms` }),
      },
      waitFor: ['hooked', 'polled'],
    }),
  );
  const caller = stack.use(await openCaller('modern', gateway.mcpUrl));
  const sourceOf = async (name: string): Promise<ApiSource | undefined> => {
    const answer: unknown = await (await fetch(`${gateway.url}/api/v1/sources`)).json();
    return ApiSourceListSchema.parse(answer).items.find((one) => one.name === name);
  };
  /** Resolves with the process that answers, once it is another one. */
  const answered = (name: string, before: string) =>
    eventually(
      async () => {
        const result = await caller.callTool(`${name}_echo`, '{"nonce":"n"}');
        const pid = memberText(result, 'structuredContent', 'pid');
        return pid !== before && pid;
      },
      { timeoutMs: GENEROUS_MS, what: `another process of ${name}` },
    );
  let [hookedPid, polledPid] = await Promise.all([answered('hooked', ''), answered('polled', '')]);

  const times: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const commit = await hooked.repository.push(`Version ${round}`, {
      'server.json': server('hooked', round),
    });
    // Nobody looks for it by himself for the next hour.
    expect((await sourceOf('hooked'))?.commit?.id).not.toBe(commit);
    const body = JSON.stringify({ ref: 'refs/heads/main', after: commit });
    const signature = createHmac('sha256', SECRET).update(body).digest('hex');
    const startedAt = performance.now();
    const { status } = await fetch(`${gateway.url}/api/v1/sources/hooked/webhook`, {
      method: 'POST',
      headers: { 'x-hub-signature-256': `sha256=${signature}` },
      body,
    });
    expect(status).toBe(202);
    hookedPid = await answered('hooked', hookedPid);
    times.push(performance.now() - startedAt);
    expect((await sourceOf('hooked'))?.commit?.id).toBe(commit);
  }

  const startedAt = performance.now();
  const commit = await polled.repository.push('Version 1', { 'server.json': server('polled', 1) });
  polledPid = await answered('polled', polledPid);
  const polledMs = performance.now() - startedAt;
  expect((await sourceOf('polled'))?.commit?.id).toBe(commit);

  const text = (ms: number): string => `${Math.round(ms)} ms`;
  await annotate(
    `answered after the webhook: ${times.map(text).join(', ')}; with an interval of ${text(INTERVAL_MS)}: ${text(polledMs)}`,
  );
  expect(Math.max(...times)).toBeLessThan(GENEROUS_MS);
}, 300_000);
