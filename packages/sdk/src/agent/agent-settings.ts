// What an agent runs with: flags before the environment, the environment before the file, the file before defaults. Pure.

import { AgentRegistrationSchema, parseDurationMs, type AgentRegistrationInput } from '@tutti/schemas';
import { AgentSettingsError, AGENT_TYPES, type AgentConfig, type AgentType } from './agent-config.ts';

/** What may be given on the command line; text as it was typed. */
export interface AgentFlags {
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly domain?: string | undefined;
  readonly capabilities?: string | undefined;
  readonly tags?: string | undefined;
  readonly maxConcurrentTasks?: string | undefined;
  readonly root?: string | undefined;
  readonly plugin?: readonly string[] | undefined;
  readonly healthPort?: string | undefined;
}

export interface AgentSources {
  readonly flags: AgentFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: AgentConfig;
  readonly hostname: string;
}

export interface AgentSettings {
  readonly type: AgentType | undefined;
  /** Without capabilities: those of its executors. */
  readonly registration: AgentRegistrationInput & { readonly tags: string[] };
  readonly taskTimeoutMs: number;
  readonly drainMs: number;
  readonly plugins: { readonly fromFlags: readonly string[]; readonly fromFile: readonly string[] };
  readonly health: { readonly port: number; readonly host?: string } | undefined;
  /** `--root`, for all executors that work on files. */
  readonly root: string | undefined;
  readonly file: AgentConfig;
  /** Runs in a pod. */
  readonly inCluster: boolean;
}

const DEFAULT_TASK_TIMEOUT_MS = 300_000;
const DEFAULT_DRAIN_MS = 30_000;
const DEFAULT_CONCURRENT_TASKS = 5;

export function resolveAgentSettings({ flags, env, file, hostname }: AgentSources): AgentSettings {
  const problems: string[] = [];
  const { agent = {}, executor = {} } = file;
  const set = (name: string): string | undefined => env[name] || undefined;

  const type = flags.type ?? executor.type;
  if (type !== undefined && !isAgentType(type)) problems.push(`--type: use one of ${AGENT_TYPES.join(', ')}`);

  const number = (flag: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text)) return Number(text);
    problems.push(`${flag}: "${text}" is no number`);
    return undefined;
  };
  const duration = (name: string): number | undefined => {
    const text = set(name);
    if (text === undefined) return undefined;
    const ms = parseDurationMs(/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text);
    if (ms === undefined || ms < 1)
      problems.push(`${name}: "${text}" is no duration; write \`30s\` or \`5m\``);
    return ms;
  };
  const truth = (name: string): boolean | undefined => {
    const text = set(name)?.toLowerCase();
    if (text === undefined) return undefined;
    if (!['true', 'false', '1', '0'].includes(text)) problems.push(`${name}: write true or false`);
    return text === 'true' || text === '1';
  };

  const capabilities = words(flags.capabilities) ?? words(set('AGENT_CAPABILITIES')) ?? agent.capabilities;
  const heartbeatMs = duration('HEARTBEAT_INTERVAL') ?? agent.heartbeatInterval;
  const resources = {
    cpu: set('AGENT_CPU') ?? agent.resources?.cpu,
    memory: set('AGENT_MEMORY') ?? agent.resources?.memory,
    gpu: truth('AGENT_GPU') ?? agent.resources?.gpu,
    storage: set('AGENT_STORAGE') ?? agent.resources?.storage,
  };
  const registration = {
    id: flags.name ?? set('AGENT_NAME') ?? agent.name ?? `agent-${hostname}`,
    domain: flags.domain ?? set('AGENT_DOMAIN') ?? agent.domain ?? 'default',
    tags: words(flags.tags) ?? words(set('AGENT_TAGS')) ?? agent.tags ?? [],
    maxConcurrentTasks:
      number('--max-concurrent-tasks', flags.maxConcurrentTasks) ??
      number('MAX_CONCURRENT_TASKS', set('MAX_CONCURRENT_TASKS')) ??
      executor.maxConcurrentTasks ??
      DEFAULT_CONCURRENT_TASKS,
    resources,
    ...(agent.role !== undefined && { role: agent.role }),
    ...(capabilities !== undefined && { capabilities }),
    ...(heartbeatMs !== undefined && { heartbeatInterval: `${heartbeatMs}ms` }),
  };
  const checked = AgentRegistrationSchema.safeParse(registration);
  for (const { path, message } of checked.error?.issues ?? []) {
    const [field = ''] = path;
    problems.push(`${FIELD_NAMES[String(field)] ?? String(field)}: ${message}`);
  }

  const healthPort = number('--health-port', flags.healthPort);
  if (healthPort !== undefined && healthPort > 65_535) problems.push('--health-port: at most 65535');
  const taskTimeoutMs = duration('TASK_TIMEOUT') ?? executor.taskTimeout ?? DEFAULT_TASK_TIMEOUT_MS;
  if (problems.length > 0) throw new AgentSettingsError(problems);
  return {
    type: isAgentType(type) ? type : undefined,
    registration,
    taskTimeoutMs,
    drainMs: executor.drainTimeout ?? DEFAULT_DRAIN_MS,
    plugins: { fromFlags: flags.plugin ?? [], fromFile: executor.plugins ?? [] },
    health: healthSettings(healthPort, file),
    root: flags.root,
    file,
    inCluster: set('KUBERNETES_SERVICE_HOST') !== undefined,
  };
}

/** How the fields of a registration are called where they are written. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  id: 'name (--name, AGENT_NAME)',
  domain: 'domain (--domain, AGENT_DOMAIN)',
  tags: 'tags (--tags, AGENT_TAGS)',
  capabilities: 'capabilities (--capabilities, AGENT_CAPABILITIES)',
  maxConcurrentTasks: 'maxConcurrentTasks (--max-concurrent-tasks, MAX_CONCURRENT_TASKS)',
  heartbeatInterval: 'heartbeatInterval (HEARTBEAT_INTERVAL)',
  resources: 'resources (AGENT_CPU, AGENT_MEMORY, AGENT_GPU, AGENT_STORAGE)',
};

function healthSettings(port: number | undefined, { health }: AgentConfig): AgentSettings['health'] {
  const chosen = port ?? health?.port;
  if (chosen === undefined) return undefined;
  return health?.host === undefined ? { port: chosen } : { port: chosen, host: health.host };
}

function words(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const found = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  return found.length === 0 ? undefined : found;
}

function isAgentType(type: string | undefined): type is AgentType {
  return AGENT_TYPES.some((known) => known === type);
}
