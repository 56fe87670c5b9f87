// What Tutti must do, one line each. Tests cite the ids; test/requirements.test.ts checks the citations.

import { coordination } from './requirements/coordination.ts';
import { gateway } from './requirements/gateway.ts';
import { kubernetes } from './requirements/kubernetes.ts';
import { operations } from './requirements/operations.ts';
import { security } from './requirements/security.ts';
import { servers } from './requirements/servers.ts';
import { workflows } from './requirements/workflows.ts';
import { workloads } from './requirements/workloads.ts';

export type { Requirement } from './requirements/requirement.ts';

export const requirements = {
  ...servers,
  ...gateway,
  ...coordination,
  ...workflows,
  ...workloads,
  ...kubernetes,
  ...security,
  ...operations,
} as const;

export type RequirementId = keyof typeof requirements;
