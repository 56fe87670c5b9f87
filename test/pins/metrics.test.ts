// The names, types and labels of metrics are what dashboards and alerts are made of.

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createMetrics } from '../../packages/server/src/telemetry/metrics.ts';
import { verifies } from '../verifies.ts';

const PINNED = [
  'counter tutti_agent_heartbeats_written_total {}',
  'counter tutti_file_writes_total {outcome}',
  'counter tutti_keys_refused_total {reason}',
  'counter tutti_knowledge_changes_total {change}',
  'counter tutti_lease_requests_total {outcome}',
  'counter tutti_leases_ended_total {end}',
  'counter tutti_list_changed_sent_total {list}',
  'counter tutti_message_deliveries_total {}',
  'counter tutti_messages_bounced_total {}',
  'counter tutti_messages_total {}',
  'counter tutti_policy_denials_total {what}',
  'counter tutti_project_changes_total {kind,what}',
  'counter tutti_reconcile_passes_total {kind,outcome}',
  'counter tutti_rejected_total {limit}',
  'counter tutti_schedule_rounds_total {}',
  'counter tutti_server_restarts_total {server}',
  'counter tutti_sessions_revived_total {}',
  'counter tutti_store_errors_total {failure}',
  'counter tutti_store_retries_total {failure}',
  'counter tutti_task_claims_total {domain}',
  'counter tutti_task_retries_total {domain}',
  'counter tutti_tasks_ended_total {domain,outcome}',
  'counter tutti_tool_calls_total {outcome,server,tool}',
  'counter tutti_tool_list_bytes_total {mode}',
  'counter tutti_tool_list_saved_bytes_total {}',
  'counter tutti_upstream_requests_total {method,outcome,server}',
  'gauge process_resident_memory_bytes {}',
  'gauge tutti_agents {domain,phase}',
  'gauge tutti_calls_in_flight {server}',
  'gauge tutti_children {server}',
  'gauge tutti_held_calls {}',
  'gauge tutti_leases {mode,space}',
  'gauge tutti_sessions {}',
  'gauge tutti_store_bytes {}',
  'gauge tutti_store_polling_only {}',
  'gauge tutti_tasks {domain,status}',
  'gauge tutti_tools_unapproved {handling,server}',
  'gauge tutti_upstream_state {server,state}',
  'histogram tutti_knowledge_search_seconds {}',
  'histogram tutti_lease_wait_seconds {outcome}',
  'histogram tutti_message_batch_size {}',
  'histogram tutti_reconcile_duration_seconds {kind}',
  'histogram tutti_store_duration_seconds {operation}',
  'histogram tutti_store_wait_seconds {}',
  'histogram tutti_task_batch_size {}',
  'histogram tutti_task_batch_wait_seconds {}',
  'histogram tutti_task_run_seconds {domain}',
  'histogram tutti_task_wait_seconds {domain}',
  'histogram tutti_tool_call_duration_seconds {server,tool}',
];

it('keeps the names of metrics', async () => {
  verifies('OPS-07');
  const metrics = createMetrics();
  const call = { server: 'a', method: 'tools/call', outcome: 'ok', durationMs: 1 } as const;
  metrics.callFinished({ ...call, tool: 'b' });
  metrics.callFinished({ ...call, tool: undefined });
  metrics.upstreamState('a', 'Running');
  metrics.serverRestarted('a');
  metrics.childStarted('a');
  metrics.sessionsOpen(1);
  metrics.callsHeld(1);
  metrics.sessionRevived();
  metrics.readInFlight(() => [['a', 1]]);
  metrics.readUnapproved(() => [{ server: 'a', handling: 'held', tools: 1 }]);
  metrics.reconciled('MCPServer', 'done', 1);
  metrics.listChangedSent('tools', 1);
  metrics.toolsListed('search', 1, 2);
  metrics.rejected('max_processes');
  metrics.keyRefused('missing');
  metrics.policyDenied('tool');
  metrics.work.taskClaimed('shop', 1);
  metrics.work.taskEnded('shop', 'completed', 1);
  metrics.work.taskRetried('shop');
  metrics.work.heartbeatsWritten(1);
  metrics.work.roundDone(1);
  metrics.work.batchTaken(1, 1);
  metrics.work.knowledgeSearched(1);
  metrics.work.knowledgeChanged('create_entities');
  metrics.work.projectChanged('goal', 'status');
  metrics.mail.messagesSent(1, 1);
  metrics.mail.messagesBounced(1);
  metrics.mail.sendsTaken(1);
  metrics.work.readTasks(() => [{ domain: 'shop', status: 'pending', count: 1 }]);
  metrics.work.readAgents(() => [{ domain: 'shop', phase: 'Ready', count: 1 }]);
  metrics.leases.asked('acquired', 1);
  metrics.leases.ended('released');
  metrics.leases.wrote('written');
  metrics.leases.readLeases(() => Promise.resolve([{ space: 'repo', mode: 'shared', count: 1 }]));
  metrics.store.waited(1);
  metrics.store.finished('write', 1);
  metrics.store.failed('disk_full');
  metrics.store.retried('disk_full');
  metrics.store.readSize(() => Promise.resolve(1));
  const { body, contentType } = await metrics.render();
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(signatures(body)).toEqual(PINNED);
});

it('lists each of them in the docs', async () => {
  const page = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\|/gm)].map(
    ([, name, type, labels = '']) =>
      `${type} ${name} {${[...labels.matchAll(/\w+/g)]
        .map(([label]) => label)
        .sort()
        .join(',')}}`,
  );
  expect(rows.toSorted()).toEqual(PINNED);
});

/** `type name {labels}` of each metric in Prometheus' text format. */
function signatures(body: string): string[] {
  return [...body.matchAll(/^# TYPE (\S+) (\S+)\n(.*)$/gm)]
    .map(([, name, type, sample = '']) => {
      const labels = [...sample.matchAll(/(\w+)="/g)]
        .map(([, label = '']) => label)
        .filter((label) => label !== 'le');
      return `${type} ${name} {${labels.sort().join(',')}}`;
    })
    .sort();
}
