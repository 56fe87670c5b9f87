// The upstream proxy in force: the Gateway's, else the environment's. Tutti does not start with one that can't be
// resolved; a change to such a one leaves the last good one in force, and is told.

import { AUTO_PROXY } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { pathOf } from '../resources/origin.ts';
import { formatProblem, type Problem } from '../resources/problem.ts';
import type { ResourceStore } from '../resources/store.ts';
import { proxiedUrl, type ResolvedProxy, resolveProxy } from '../resources/upstream-proxy.ts';
import type { Environment } from './environment.ts';

/** Where a proxy of this machine listens unless told otherwise. */
const USUAL_PROXY = 'http://localhost:8080';

const NONE_IN_POD =
  'in a cluster no proxy is on this machine; set MUSTER_AGW_UPSTREAM_URL to its address, `http://agentgateway.default:8080` say, or write the address here';

export interface UpstreamProxy {
  /** Where the server is dialled instead of at its own url; undefined without a proxy. */
  urlOf(server: string): string | undefined;
  /** The proxy itself. */
  base(): string | undefined;
  problems(): readonly Problem[];
}

export interface UpstreamProxyDeps {
  readonly store: Pick<ResourceStore, 'gateway' | 'watch'>;
  readonly environment: Pick<Environment, 'upstreamProxy' | 'isInCluster' | 'variables'>;
  /** Where paths in messages are shown from. */
  readonly folder: string;
  /** What was in force before; without it one that can't be resolved is refused. */
  readonly lastGood?: { readonly base: string | undefined };
}

/** Throws when the proxy that is asked for can't be resolved. */
export function createUpstreamProxy({
  store,
  environment,
  folder,
  lastGood,
}: UpstreamProxyDeps): UpstreamProxy {
  let base = lastGood?.base;
  let problem: Problem | undefined;

  function follow(): void {
    const gateway = store.gateway();
    const declared = gateway?.spec.upstreamProxy;
    problem = undefined;
    if (gateway === undefined || declared === undefined) {
      base = fromEnvironment;
      return;
    }
    const found = declared === AUTO_PROXY ? anyProxy() : resolveDeclared(declared);
    if (found.kind === 'ok') ({ base } = found);
    else {
      problem = {
        path: pathOf(gateway.origin),
        line: gateway.origin.line,
        column: 1,
        field: 'spec.upstreamProxy',
        message: found.reason,
        severity: 'error',
      };
    }
  }

  const resolveDeclared = (declared: string): ResolvedProxy =>
    resolveProxy(declared, { secrets: {}, environment: environment.variables });

  function anyProxy(): ResolvedProxy {
    if (fromEnvironment !== undefined) return { kind: 'ok', base: fromEnvironment };
    return environment.isInCluster
      ? { kind: 'wrong', reason: NONE_IN_POD }
      : { kind: 'ok', base: USUAL_PROXY };
  }

  const fromEnvironment = readVariable(environment.upstreamProxy);
  follow();
  if (problem !== undefined && lastGood === undefined)
    throw new AppError('invalid_config', formatProblem(problem, folder));
  store.watch(follow);

  return {
    urlOf: (server) => (base === undefined ? undefined : proxiedUrl(base, server)),
    base: () => base,
    problems: () => (problem === undefined ? [] : [problem]),
  };
}

function readVariable(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const found = resolveProxy(text, { secrets: {}, environment: {} });
  if (found.kind === 'ok') return found.base;
  throw new AppError('invalid_config', `MUSTER_AGW_UPSTREAM_URL: ${found.reason}`);
}
