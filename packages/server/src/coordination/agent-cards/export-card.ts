// An agent as a card of A2A 1.0. Each capability is a skill; what an import kept comes back, except where the agent says
// otherwise. Pure.

import {
  A2A_VERSION,
  ReadCardSchema,
  type AgentCard,
  type AgentInterface,
  type AgentRegistration,
  type ApiFigures,
  type ReadCard,
} from '@tutti/schemas';
import { MEASURED_EXTENSION, REGISTRATION_EXTENSION } from './extension.ts';
import type { KeptCard } from './kept-card.ts';

export interface ExportOptions {
  /** Where it is reached by way of Tutti. */
  readonly own: Pick<AgentInterface, 'url' | 'protocolBinding'>;
  readonly kept?: KeptCard | undefined;
  readonly measured?: readonly ApiFigures[];
}

type Card = Readonly<Record<string, unknown>>;

const MODES = ['application/json', 'text/plain'];
const NOTHING_KEPT: KeptCard = { interfaces: [], fields: {} };

export function exportCard(
  agent: AgentRegistration,
  { own, kept = NOTHING_KEPT, measured = [] }: ExportOptions,
): AgentCard {
  const { fields } = kept;
  const earlier = ReadCardSchema.safeParse({ ...fields, name: agent.id });
  const known: Partial<ReadCard> = earlier.success ? earlier.data : {};
  const skills = agent.capabilities.map((capability) => {
    const skill = known.skills?.find(({ id }) => id === capability);
    return {
      ...skill,
      id: capability,
      name: skill?.name === undefined || skill.name === '' ? capability : skill.name,
      description:
        skill?.description === undefined || skill.description === '' ? capability : skill.description,
      tags: skill === undefined ? agent.tags : skill.tags,
      examples: textsOf(skill?.['examples']),
      inputModes: textsOf(skill?.['inputModes']),
      outputModes: textsOf(skill?.['outputModes']),
      securityRequirements: listOf(skill?.['securityRequirements']),
    };
  });
  return {
    ...fields,
    securitySchemes: recordOf(fields['securitySchemes']),
    securityRequirements: listOf(fields['securityRequirements']),
    defaultInputModes: textsOf(fields['defaultInputModes'], MODES),
    defaultOutputModes: textsOf(fields['defaultOutputModes'], MODES),
    // They were of the card as it came.
    signatures: [],
    name: agent.name ?? agent.id,
    description:
      known.description === undefined || known.description === ''
        ? `${agent.role} \`${agent.id}\``
        : known.description,
    version: agent.model_version === '' ? '1' : agent.model_version,
    supportedInterfaces: [
      ...kept.interfaces.filter(({ protocolBinding }) => protocolBinding !== own.protocolBinding),
      { ...own, tenant: '', protocolVersion: A2A_VERSION },
    ],
    capabilities: capabilitiesOf(recordOf(fields['capabilities']), agent, measured),
    skills,
  };
}

/** What the agent itself can do beyond Tutti is as it came; what Tutti says of it is said anew. */
function capabilitiesOf(
  kept: Card,
  agent: AgentRegistration,
  measured: readonly ApiFigures[],
): AgentCard['capabilities'] {
  const foreign = listOf(kept['extensions'])
    .map(recordOf)
    .filter(
      ({ uri }) => typeof uri === 'string' && uri !== REGISTRATION_EXTENSION && uri !== MEASURED_EXTENSION,
    )
    .map(({ uri, description, required, ...rest }) => ({
      uri: String(uri),
      description: typeof description === 'string' ? description : '',
      required: required === true,
      ...rest,
      params: recordOf(rest['params']),
    }));
  return {
    ...kept,
    streaming: kept['streaming'] === true,
    pushNotifications: kept['pushNotifications'] === true,
    extendedAgentCard: kept['extendedAgentCard'] === true,
    extensions: [
      ...foreign,
      {
        uri: REGISTRATION_EXTENSION,
        description: 'The agent as it is registered with Tutti.',
        required: false,
        params: paramsOf(agent),
      },
      ...(measured.length === 0
        ? []
        : [
            {
              uri: MEASURED_EXTENSION,
              description: 'What the agent has shown, by class of tasks, as Tutti measured it.',
              required: false,
              params: { classes: measured },
            },
          ]),
    ],
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
}: AgentRegistration): Card {
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

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown, otherwise: readonly string[] = []): string[] {
  const texts = listOf(value).filter((one) => typeof one === 'string');
  return texts.length === 0 ? [...otherwise] : texts;
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
