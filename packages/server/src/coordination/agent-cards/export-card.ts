// An agent as a card of A2A 1.0. Each capability is a skill; what an import kept comes back, except where the agent says
// otherwise. Pure.

import type { AgentRegistration } from '@tutti/schemas';
import {
  A2A_VERSION,
  type AgentCard,
  type AgentInterface,
  type ReadCard,
  readCardSchema,
} from './agent-card.ts';
import { REGISTRATION_EXTENSION } from './extension.ts';

export interface ExportOptions {
  /** Where it is to be reached; the first is preferred. */
  readonly interfaces: readonly Pick<AgentInterface, 'url' | 'protocolBinding'>[];
  /** What importCard kept. */
  readonly kept?: Readonly<Record<string, unknown>> | undefined;
}

const MODES = ['application/json', 'text/plain'];

export function exportCard(agent: AgentRegistration, { interfaces, kept = {} }: ExportOptions): AgentCard {
  const earlier = readCardSchema.safeParse({ ...kept, name: agent.id });
  const known: Partial<ReadCard> = earlier.success ? earlier.data : {};
  const skills = agent.capabilities.map((capability) => {
    const skill = known.skills?.find(({ id }) => id === capability);
    return {
      examples: [],
      inputModes: [],
      outputModes: [],
      securityRequirements: [],
      ...skill,
      id: capability,
      name: skill?.name === undefined || skill.name === '' ? capability : skill.name,
      description:
        skill?.description === undefined || skill.description === '' ? capability : skill.description,
      tags: skill === undefined ? agent.tags : skill.tags,
    };
  });
  return {
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: MODES,
    defaultOutputModes: MODES,
    ...kept,
    // They were of the card as it came.
    signatures: [],
    name: agent.name ?? agent.id,
    description:
      known.description === undefined || known.description === ''
        ? `${agent.role} \`${agent.id}\``
        : known.description,
    version: agent.model_version === '' ? '1' : agent.model_version,
    supportedInterfaces: interfaces.map(({ url, protocolBinding }) => ({
      url,
      protocolBinding,
      tenant: '',
      protocolVersion: A2A_VERSION,
    })),
    capabilities: {
      streaming: false,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: [
        {
          uri: REGISTRATION_EXTENSION,
          description: 'The agent as it is registered with Tutti.',
          required: false,
          params: paramsOf(agent),
        },
      ],
    },
    skills,
  };
}

function paramsOf({
  role,
  model_type,
  domain,
  group,
  maxConcurrentTasks,
  heartbeatInterval: heartbeatIntervalMs,
  resources,
}: AgentRegistration): Readonly<Record<string, unknown>> {
  return {
    role,
    model_type,
    domain,
    ...(group === undefined ? {} : { group }),
    maxConcurrentTasks,
    // A registration is written in seconds.
    heartbeatInterval: heartbeatIntervalMs / 1_000,
    resources,
  };
}
