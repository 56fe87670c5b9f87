// What a worker can have on Node beside the work itself: a health endpoint, plugins, and agents that are configured.

export {
  AgentSettingsError,
  AGENT_TYPES,
  parseAgentConfig,
  type AgentConfig,
  type AgentType,
} from './agent/agent-config.ts';
export {
  resolveAgentSettings,
  type AgentFlags,
  type AgentSettings,
  type AgentSources,
} from './agent/agent-settings.ts';
export { runAgent, type RunAgentOptions } from './agent/run-agent.ts';
export { serveHealth, type HealthEndpoint, type HealthOptions } from './worker/health.ts';
export { loadExecutors, PluginError } from './worker/plugins.ts';
export { createUsageMeter, type ResourceUsage } from './worker/usage.ts';
