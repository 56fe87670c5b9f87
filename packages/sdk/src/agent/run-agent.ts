// Runs an agent as it is configured: its executors, its worker, its health endpoint.

import { dirname, resolve } from 'node:path';
import { createDataProcessor } from '../executors/data/data-processor.ts';
import { createFilesystemExecutor } from '../executors/files/filesystem.ts';
import { createHttpClient } from '../executors/http/http-client.ts';
import { createKubernetesReporter } from '../executors/kubernetes/reporter.ts';
import type { TuttiClientOptions } from '../http.ts';
import type { Executor } from '../worker/executor.ts';
import { serveHealth } from '../worker/health.ts';
import { loadExecutors } from '../worker/plugins.ts';
import { createWorker } from '../worker/worker.ts';
import type { WorkerEvent } from '../worker/worker-events.ts';
import { AgentSettingsError, type AgentType } from './agent-config.ts';
import type { AgentSettings } from './agent-settings.ts';

export interface RunAgentOptions {
  readonly settings: AgentSettings;
  readonly connection: TuttiClientOptions;
  /** Paths of flags are relative to it. */
  readonly cwd: string;
  /** Paths in it are relative to its folder. */
  readonly configPath: string | undefined;
  /** Aborted: drain and end. */
  readonly signal: AbortSignal;
  readonly onReady?: (agent: {
    readonly capabilities: readonly string[];
    readonly healthUrl: string | undefined;
  }) => void;
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** Resolves when it has drained. Rejects with what can't be set up, or when Tutti refuses the agent. */
export async function runAgent(options: RunAgentOptions): Promise<void> {
  const { settings, signal, onReady, onEvent } = options;
  await using stack = new AsyncDisposableStack();
  const executors = await createExecutors(options, stack);
  const known = new Set(executors.flatMap(({ capabilities }) => capabilities));
  const capabilities = settings.registration.capabilities ?? [...known];
  const unknown = capabilities.filter((capability) => !known.has(capability));
  if (unknown.length > 0)
    throw new AgentSettingsError([
      `capabilities: nothing here can do ${unknown.join(', ')}. There is: ${[...known].join(', ')}.`,
    ]);
  const tags = [...new Set([...settings.registration.tags, ...executors.flatMap(({ tags }) => tags)])];
  const worker = createWorker({
    ...options.connection,
    agent: { ...settings.registration, capabilities, tags },
    executors,
    taskTimeoutMs: settings.taskTimeoutMs,
    timing: { drainMs: settings.drainMs },
    ...(onEvent !== undefined && { onEvent }),
  });
  const health =
    settings.health === undefined ? undefined : stack.use(await serveHealth(worker, settings.health));
  onReady?.({ capabilities, healthUrl: health?.url });
  await worker.run(signal);
}

async function createExecutors(
  { settings, cwd, configPath }: RunAgentOptions,
  stack: AsyncDisposableStack,
): Promise<readonly Executor[]> {
  const { type, file } = settings;
  const besideConfig = configPath === undefined ? cwd : dirname(resolve(cwd, configPath));
  const rootOf = (fromFile: string | undefined): string | undefined => {
    if (settings.root !== undefined) return resolve(cwd, settings.root);
    return fromFile === undefined ? undefined : resolve(besideConfig, fromFile);
  };
  const isOf = (one: AgentType): boolean => type === one || type === 'multi';
  const executors: Executor[] = [];

  if (isOf('data-processor')) {
    const { limits } = file.dataProcessor ?? {};
    const root = rootOf(file.dataProcessor?.root);
    executors.push(await createDataProcessor({ ...(root !== undefined && { root }), limits: timed(limits) }));
  }
  const filesRoot = rootOf(file.filesystem?.root);
  if (type === 'filesystem' && filesRoot === undefined)
    throw new AgentSettingsError([
      'filesystem: name the folder it works in: --root FOLDER, or filesystem.root.',
    ]);
  if (isOf('filesystem') && filesRoot !== undefined)
    executors.push(await createFilesystemExecutor({ root: filesRoot, limits: file.filesystem?.limits }));
  if (isOf('http-client')) {
    const { allowedHosts = [], limits } = file.httpClient ?? {};
    executors.push(stack.use(createHttpClient({ allowedHosts, limits: timed(limits) })));
  }
  // Several at once: only where there is a cluster to report.
  if (
    type === 'k8s-reporter' ||
    (type === 'multi' && (settings.inCluster || file.kubernetes !== undefined))
  ) {
    const { kubeconfig, context, limits } = file.kubernetes ?? {};
    executors.push(
      createKubernetesReporter({
        kubeconfig: kubeconfig === undefined ? undefined : resolve(besideConfig, kubeconfig),
        context,
        limits: timed(limits),
      }),
    );
  }
  executors.push(...(await loadExecutors(settings.plugins.fromFile, besideConfig)));
  executors.push(...(await loadExecutors(settings.plugins.fromFlags, cwd)));
  if (executors.length > 0) return executors;
  throw new AgentSettingsError(['Say what it can do: --type TYPE, or --plugin PATH.']);
}

function timed<T extends { readonly maxTime?: number | undefined }>(limits: T | undefined) {
  if (limits === undefined) return undefined;
  const { maxTime, ...rest } = limits;
  return { ...rest, maxTimeMs: maxTime };
}
