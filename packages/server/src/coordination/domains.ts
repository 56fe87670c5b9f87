// What the configuration says of domains: which one is served, and what holds for tasks that do not say it themselves.

import {
  type CoordinationSettings,
  DEFAULT_TASK_TIMEOUT_MS,
  type RetryPolicy,
  RetryPolicySchema,
  type TaskSubmission,
} from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';

export type DomainSettings = Pick<CoordinationSettings, 'domain' | 'domains'>;

/** Any domain, without policies. */
export const ANY_DOMAIN: DomainSettings = { domains: {} };

const DEFAULT_RETRIES = RetryPolicySchema.parse({});

/** Throws where the domain is not served here. */
export function requireServed({ domain: served }: DomainSettings, domain: string): void {
  if (served === undefined || served === domain) return;
  throw new AppError(
    'refused',
    `Only the domain ${served} is served here, not ${domain}; set \`domain: ${served}\`, or ask another host.`,
    { details: { kind: 'other_domain', domain: served } },
  );
}

export interface PolicedTask extends TaskSubmission {
  readonly timeout: number;
  readonly retryPolicy: RetryPolicy;
}

/** With what its domain says where the task does not. */
export function withPolicy({ domains }: DomainSettings, task: TaskSubmission): PolicedTask {
  const policy = Object.hasOwn(domains, task.domain) ? domains[task.domain] : undefined;
  return {
    ...task,
    timeout: task.timeout ?? policy?.timeoutMs ?? DEFAULT_TASK_TIMEOUT_MS,
    retryPolicy: task.retryPolicy ?? policy?.retryPolicy ?? DEFAULT_RETRIES,
  };
}
