// Executors that do real work, for Node. Each can run alone or combined with others.

export { createDataProcessor, type DataProcessorOptions } from './executors/data/data-processor.ts';
export { DATA_LIMITS, type DataLimits } from './executors/data/limits.ts';
export {
  createFilesystemExecutor,
  FILESYSTEM_LIMITS,
  type FilesystemLimits,
  type FilesystemOptions,
} from './executors/files/filesystem.ts';
export { createHttpClient, type HttpClient, type HttpClientOptions } from './executors/http/http-client.ts';
export { HTTP_LIMITS, type HttpLimits } from './executors/http/request.ts';
export {
  createKubernetesReporter,
  KUBERNETES_LIMITS,
  type KubernetesLimits,
  type KubernetesReporterOptions,
} from './executors/kubernetes/reporter.ts';
export { createOperations, operation, type Operation, type Operations } from './executors/operations.ts';
