// `tutti agent`: runs an agent that does tasks, until it is interrupted.

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AgentConfig, AgentFlags } from '@tutti/sdk/node';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { workerEventLine } from '../output/agent-words.ts';
import { printable } from '../output/printable.ts';
import { CliError } from '../report-error.ts';

interface AgentOptions extends InstanceOptions, AgentFlags {
  readonly config?: string;
}

export function registerAgent(program: Command, context: CliContext): void {
  const command = program
    .command('agent')
    .description('run an agent that does tasks')
    .option('--type <type>', 'data-processor, filesystem, http-client, k8s-reporter or multi')
    .option('--config <file>', 'its configuration')
    .option('--plugin <paths...>', 'modules with executors of your own')
    .option('--name <name>', 'its id (AGENT_NAME; agent-HOSTNAME)')
    .option('--domain <domain>', 'whose tasks it does (AGENT_DOMAIN; default)')
    .option('--capabilities <list>', 'only these of what it can do (AGENT_CAPABILITIES)')
    .option('--tags <list>', 'what else tasks may ask for (AGENT_TAGS)')
    .option('--max-concurrent-tasks <number>', 'tasks at once (MAX_CONCURRENT_TASKS; 5)')
    .option('--root <folder>', 'the folder that its files are in')
    .option('--health-port <port>', 'serve /healthz and /readyz here');
  withInstance(command).action((options: AgentOptions) => runAgentCommand(context, options));
}

async function runAgentCommand(context: CliContext, options: AgentOptions): Promise<void> {
  const { AgentSettingsError, PluginError, resolveAgentSettings, runAgent } = await import('@tutti/sdk/node');
  try {
    const file = options.config === undefined ? {} : await readConfig(context, options.config);
    const settings = resolveAgentSettings({ flags: options, env: context.env, file, hostname: hostname() });
    const { mcpUrl } = await connect(context, options);
    const { origin: url } = new URL(mcpUrl);
    // Not the instance token: that is an administrator's, and another one after each start.
    const token = context.env['TUTTI_TOKEN'] || undefined;
    const say = (line: string): void => void context.stdout.write(`${printable(line)}\n`);
    await runAgent({
      settings,
      connection: { url, token },
      cwd: context.cwd,
      configPath: options.config,
      signal: context.signal,
      onReady({ capabilities, healthUrl }) {
        say(`${settings.registration.id} at ${url} can do: ${capabilities.join(', ')}.`);
        if (healthUrl !== undefined) say(`Health: ${healthUrl}/healthz`);
      },
      onEvent(event) {
        const line = workerEventLine(event);
        if (line !== undefined) say(line);
      },
    });
  } catch (error) {
    if (error instanceof AgentSettingsError) {
      const [first = error.message, ...more] = error.problems;
      throw new CliError(EXIT.usage, first, more);
    }
    if (error instanceof PluginError) throw new CliError(EXIT.usage, error.message);
    throw error;
  }
}

async function readConfig(context: CliContext, path: string): Promise<AgentConfig> {
  const { parseAgentConfig } = await import('@tutti/sdk/node');
  return parseAgentConfig(await readFile(resolve(context.cwd, path), 'utf8'), path);
}
