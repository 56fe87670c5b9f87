// All routes there are. What is not here is not served, and not in the OpenAPI document.

import { CATALOG_ROUTES } from './catalog.ts';
import { CONTROL_ROUTES } from './control.ts';
import { AGENT_ROUTES } from './coordination/agents.ts';
import { BUDGET_ROUTES } from './coordination/budgets.ts';
import { CARD_ROUTES } from './coordination/cards.ts';
import { KNOWLEDGE_ROUTES } from './coordination/knowledge.ts';
import { LEASE_ROUTES } from './coordination/leases.ts';
import { INBOX_ROUTES, MESSAGE_ROUTES } from './coordination/messages.ts';
import { PLAN_ROUTES } from './coordination/plans.ts';
import { GOAL_ROUTES, PROJECT_ROUTES } from './coordination/projects.ts';
import { REPORT_ROUTES } from './coordination/reports.ts';
import { ROOM_ROUTES } from './coordination/rooms.ts';
import { TASK_ROUTES } from './coordination/tasks.ts';
import { THREAD_ROUTES } from './coordination/threads.ts';
import { INSTANCE_ROUTES } from './instance.ts';
import { RESULT_ROUTES } from './results.ts';
import type { RouteGroup } from './route.ts';
import { SERVER_ROUTES } from './servers.ts';
import { SOURCE_ROUTES } from './sources.ts';

export const ROUTE_GROUPS: readonly RouteGroup[] = [
  INSTANCE_ROUTES,
  SERVER_ROUTES,
  CONTROL_ROUTES,
  SOURCE_ROUTES,
  CATALOG_ROUTES,
  RESULT_ROUTES,
  AGENT_ROUTES,
  CARD_ROUTES,
  TASK_ROUTES,
  REPORT_ROUTES,
  PLAN_ROUTES,
  BUDGET_ROUTES,
  LEASE_ROUTES,
  PROJECT_ROUTES,
  GOAL_ROUTES,
  KNOWLEDGE_ROUTES,
  MESSAGE_ROUTES,
  INBOX_ROUTES,
  THREAD_ROUTES,
  ROOM_ROUTES,
];
