// Whether somebody could do each task of a plan. Pure.

import type { Plan } from '@tutti/schemas';
import type { Findings } from './findings.ts';

export interface CapableAgent {
  readonly id: string;
  readonly capabilities: readonly string[];
  readonly tags: readonly string[];
}

export function checkCapabilities(
  { tasks }: Plan,
  agents: readonly CapableAgent[],
  findings: Findings,
): void {
  const able = agents.map(({ capabilities, tags }) => ({
    capabilities: new Set(capabilities),
    tags: new Set(tags),
  }));
  for (const [index, task] of tasks.entries()) {
    const { required_capabilities: needed, requiredTags: tags } = task;
    const fits = able.some(
      (agent) =>
        needed.every((one) => agent.capabilities.has(one)) && tags.every((one) => agent.tags.has(one)),
    );
    if (fits) continue;
    const noCapability = needed.filter((one) => !able.some(({ capabilities }) => capabilities.has(one)));
    const noTag = tags.filter((one) => !able.some((agent) => agent.tags.has(one)));
    const path = noCapability.length > 0 || tags.length === 0 ? 'required_capabilities' : 'requiredTags';
    findings.add('unsatisfiable', `tasks[${index}].${path}`, explain(noCapability, noTag, agents.length));
  }
}

function explain(noCapability: readonly string[], noTag: readonly string[], agents: number): string {
  if (agents === 0) return 'there is no agent; register one, then submit the plan again';
  const missing = [
    ...noCapability.map((one) => `the capability \`${one}\``),
    ...noTag.map((one) => `the tag \`${one}\``),
  ];
  if (missing.length > 0)
    return `no agent has ${missing.join(' or ')}; register one that has, or ask for less`;
  return 'each of these is with some agent, but no agent has all of them; split the task, or register one that has';
}
