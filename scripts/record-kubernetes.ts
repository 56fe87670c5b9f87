// Records what a real API server answers to the Kubernetes reporter, for its tests. It needs etcd and kube-apiserver:
//
//   node --conditions=@tutti/source scripts/record-kubernetes.ts ETCD KUBE_APISERVER
//
// Both run here on loopback, on an empty store. Objects are made through the API, with the states that a kubelet and
// controllers would report. Between the reporter and the server stands a proxy that writes down what passes.

import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { createKubernetesReporter } from '../packages/sdk/src/executors.ts';
import { runTask } from '../packages/sdk/test/executors/run-task.ts';
import { kubeconfigFor, type Exchange } from '../packages/sdk/test/executors/kubernetes/replay.ts';
import { OBJECTS, ASKED } from '../packages/sdk/test/executors/kubernetes/world.ts';

const TIME = '2026-01-02T03:04:05Z';
const TOKENS = { agent: 'agent-token', stranger: 'stranger-token', admin: 'admin-token' };
const OUT = resolve(import.meta.dirname, '../packages/sdk/test/executors/kubernetes/gen/recorded.json');

const [etcdPath, apiserverPath] = process.argv.slice(2);
if (etcdPath === undefined || apiserverPath === undefined)
  throw new Error('Usage: scripts/record-kubernetes.ts ETCD KUBE_APISERVER');

const folder = await mkdtemp(join(tmpdir(), 'tutti-k8s-record-'));
const children: ChildProcess[] = [];
const agent = new Agent({ rejectUnauthorized: false, keepAlive: true });
try {
  await main(etcdPath, apiserverPath);
} finally {
  for (const child of children) child.kill('SIGKILL');
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
}

async function main(etcd: string, apiserver: string): Promise<void> {
  const [etcdPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  start(etcd, [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--log-level=error',
  ]);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const [keyPath, publicPath, tokensPath] = ['sa.key', 'sa.pub', 'tokens.csv'].map((name) =>
    join(folder, name),
  );
  await writeFile(keyPath ?? '', privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(publicPath ?? '', publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(
    tokensPath ?? '',
    `${TOKENS.admin},admin,1,system:masters\n${TOKENS.agent},agent,2\n${TOKENS.stranger},stranger,3\n`,
  );
  start(apiserver, [
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${apiPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--cert-dir=${join(folder, 'certs')}`,
    `--token-auth-file=${tokensPath}`,
    '--anonymous-auth=false',
    '--authorization-mode=RBAC',
    `--service-account-key-file=${publicPath}`,
    `--service-account-signing-key-file=${keyPath}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
    '--enable-priority-and-fairness=false',
    // A page that begins after a compaction is refused only where pages come from the store.
    '--watch-cache=false',
    '-v=0',
  ]);
  const api = (method: string, path: string, body?: unknown, token = TOKENS.admin): Promise<Answer> =>
    ask(apiPort, method, path, token, body);
  await ready(api);
  for (const { path, body, status } of OBJECTS) await make(api, path, body, status);
  const deleted = await api('DELETE', '/api/v1/namespaces/shop/pods/db-2');
  if (deleted.status >= 300) throw new Error(`DELETE: ${deleted.status} ${deleted.body}`);

  const exchanges: Exchange[] = [];
  let recording: string = '';
  let beforePage: (() => Promise<void>) | undefined;
  const proxy = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '';
      if (path.includes('continue=') && beforePage !== undefined) await beforePage();
      const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
      const answer = await ask(apiPort, request.method ?? 'GET', path, token);
      exchanges.push({ story: recording, path, status: answer.status, body: JSON.parse(answer.body) });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    })();
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  try {
    for (const { story, user = 'agent', capability, payload, limits, compactsBetweenPages } of ASKED) {
      const kubeconfig = join(folder, 'kubeconfig');
      const known: Readonly<Record<string, string>> = TOKENS;
      await writeFile(kubeconfig, kubeconfigFor(url, known[user] ?? 'unknown-token'));
      recording = story;
      beforePage = compactsBetweenPages === true ? () => compact(etcdUrl, api) : undefined;
      const reporter = createKubernetesReporter({ kubeconfig, limits });
      const { success, error } = await runTask(reporter, capability, payload);
      console.log(`${story}: ${success ? 'done' : error}`);
    }
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
  const lines = exchanges.map((exchange) => JSON.stringify(exchange)).join(',\n');
  await writeFile(OUT, `[\n${scrubbed(lines)}\n]\n`);
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

type Api = (method: string, path: string, body?: unknown) => Promise<Answer>;

async function make(
  api: Api,
  path: string,
  body: { readonly metadata: { readonly name: string } },
  status?: object,
): Promise<void> {
  const made = await api('POST', path, body);
  if (made.status !== 201) throw new Error(`POST ${path}: ${made.status} ${made.body}`);
  if (status === undefined) return;
  const at = `${path}/${body.metadata.name}/status`;
  const set = await api('PUT', at, { ...JSON.parse(made.body), status });
  if (set.status !== 200) throw new Error(`PUT ${at}: ${set.status} ${set.body}`);
}

/** What the store held before now is gone. */
async function compact(etcdUrl: string, api: Api): Promise<void> {
  // A change, so that the revision of the page is not the newest one.
  await make(api, '/api/v1/namespaces', { metadata: { name: `later-${process.hrtime.bigint()}` } });
  const range = await plain(`${etcdUrl}/v3/kv/range`, JSON.stringify({ key: 'AA==' }));
  const read: unknown = JSON.parse(range);
  const revision =
    typeof read === 'object' && read !== null && 'header' in read ? Object(read.header).revision : undefined;
  await plain(`${etcdUrl}/v3/kv/compaction`, JSON.stringify({ revision, physical: true }));
}

async function plain(url: string, body: string): Promise<string> {
  return await text(await answered(httpRequest(url, { method: 'POST' }), body));
}

async function ask(
  port: number,
  method: string,
  path: string,
  token: string,
  body?: unknown,
): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'recorder',
  };
  const request = httpsRequest({ agent, host: '127.0.0.1', port, method, path, headers });
  const response = await answered(request, body === undefined ? '' : JSON.stringify(body));
  return { status: response.statusCode ?? 0, body: await text(response) };
}

async function answered(request: ClientRequest, body: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on('response', resolve);
  request.on('error', reject);
  request.end(body);
  return await promise;
}

async function ready(api: Api): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const answer = await api('GET', '/readyz').catch(() => undefined);
    if (answer?.status === 200) {
      // The namespace that services of the cluster itself stand in comes a little later.
      const service = await api('GET', '/api/v1/namespaces/default/services/kubernetes');
      if (service.status === 200) return;
    }
    await pause(500);
  }
  throw new Error('the API server does not become ready');
}

function start(command: string, args: readonly string[]): void {
  const child = spawn(command, args, { stdio: 'ignore' });
  children.push(child);
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  socket.listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = socket.address();
  socket.close();
  await once(socket, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Without the times and ids of this run. */
function scrubbed(recorded: string): string {
  const ids = new Map<string, string>();
  return recorded
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, TIME)
    .replaceAll(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, (id) => {
      const known = ids.get(id) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`;
      ids.set(id, known);
      return known;
    })
    .replaceAll(/later-\d+/g, 'later');
}
