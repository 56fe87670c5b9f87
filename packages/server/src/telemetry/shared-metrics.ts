// Metrics of what agents share: knowledge, projects and goals.

import { Counter, Histogram, type Registry } from 'prom-client';

const SEARCH_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export interface SharedMetrics {
  knowledgeSearched(tookMs: number): void;
  /** `change`: one of a few names. */
  knowledgeChanged(change: string): void;
  projectChanged(kind: 'project' | 'goal', what: 'created' | 'status'): void;
}

export function createSharedMetrics(registry: Registry): SharedMetrics {
  const registers = [registry];
  const searches = new Histogram({
    name: 'tutti_knowledge_search_seconds',
    help: 'How long searches of knowledge took.',
    buckets: SEARCH_BUCKETS_S,
    registers,
  });
  const changes = new Counter({
    name: 'tutti_knowledge_changes_total',
    help: 'Changes of knowledge that were written.',
    labelNames: ['change'],
    registers,
  });
  const projects = new Counter({
    name: 'tutti_project_changes_total',
    help: 'Projects and goals that were made, and changes of their statuses.',
    labelNames: ['kind', 'what'],
    registers,
  });
  return {
    knowledgeSearched: (tookMs) => searches.observe(tookMs / 1_000),
    knowledgeChanged: (change) => changes.inc({ change }),
    projectChanged: (kind, what) => projects.inc({ kind, what }),
  };
}
