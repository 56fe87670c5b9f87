// The connection to a cluster. The client library takes 90 MB of memory, so it is loaded with the first task, and only
// where it is installed.

import type {
  AppsV1Api,
  ConfigurationOptions,
  CoreV1Api,
  ObservableMiddleware,
  VersionApi,
} from '@kubernetes/client-node';
import { ExecutorError } from '../../worker/executor.ts';
import { codeOf } from '../files/root.ts';

export interface ClusterOptions {
  /** A kubeconfig file. Default: the service account of the pod, else KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  /** Default: the current one of the kubeconfig. */
  readonly context?: string | undefined;
}

export type CallOptions = ConfigurationOptions;

export interface Cluster {
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly version: VersionApi;
  /** A call of the API that ends with the signal; its failures come out typed. */
  call<T>(what: string, signal: AbortSignal, send: (options: CallOptions) => Promise<T>): Promise<T>;
}

export async function connectCluster({ kubeconfig, context }: ClusterOptions): Promise<Cluster> {
  const library = await loadLibrary();
  const config = new library.KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ExecutorError('unavailable', `The kubeconfig can't be used: ${why}`, { cause: error });
  }
  const server = config.getCurrentCluster()?.server;
  if (server === undefined)
    throw new ExecutorError(
      'unavailable',
      `The kubeconfig has no cluster for the context "${config.getCurrentContext()}".`,
    );

  const withSignal = (signal: AbortSignal): ObservableMiddleware => ({
    pre(request) {
      request.setSignal(signal);
      return new library.Observable(Promise.resolve(request));
    },
    post: (response) => new library.Observable(Promise.resolve(response)),
  });

  return {
    core: config.makeApiClient(library.CoreV1Api),
    apps: config.makeApiClient(library.AppsV1Api),
    version: config.makeApiClient(library.VersionApi),
    async call(what, signal, send) {
      try {
        return await send({ middleware: [withSignal(signal)], middlewareMergeStrategy: 'append' });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof library.ApiException) throw apiError(what, error.code, messageOf(error.body));
        const why = reasonOf(error);
        throw new ExecutorError('unavailable', `The API server ${server} can't be reached: ${why}`, {
          retryable: true,
          cause: error,
        });
      }
    },
  };
}

async function loadLibrary() {
  try {
    return await import('@kubernetes/client-node');
  } catch (error) {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ExecutorError(
      'unsupported',
      'The Kubernetes reporter needs a library that is not installed. Install it beside this agent with: npm install @kubernetes/client-node',
    );
  }
}

function apiError(what: string, status: number, message: string): ExecutorError {
  switch (status) {
    case 401:
      return new ExecutorError(
        'unauthorized',
        `The API server does not accept the credentials of this agent (401). Renew the token or the kubeconfig. ${message}`,
      );
    case 403:
      return new ExecutorError(
        'unauthorized',
        `This agent may not ${what} (403): ${message}. Grant it with a ClusterRole.`,
      );
    case 400:
    case 422:
      return new ExecutorError('invalid_payload', `The API server can't ${what}: ${message}`);
    case 404:
      return new ExecutorError('not_found', `Can't ${what}: ${message}`);
    default:
      return new ExecutorError(
        'unavailable',
        `Can't ${what}: the API server answered ${status}. ${message}`,
        {
          retryable: status === 410 || status === 429 || status >= 500,
        },
      );
  }
}

/** The message of a Status object, which comes parsed or as text. */
function messageOf(body: unknown): string {
  let status = body;
  if (typeof body === 'string') {
    try {
      status = JSON.parse(body);
    } catch {
      return body.slice(0, 500);
    }
  }
  if (typeof status !== 'object' || status === null || !('message' in status)) return '';
  return typeof status.message === 'string' ? status.message.slice(0, 500) : '';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error ? error.cause : error;
  return inner.message === '' ? (codeOf(inner) ?? error.message) : inner.message;
}
