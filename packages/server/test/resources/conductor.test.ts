// conductor's configuration as files of a project.

import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { readDocuments } from '../../src/resources/read-documents.ts';

const CONTROLLER = `controller:
  reconcileInterval: 30s
  maxConcurrentReconciles: 10
  domain: sales
scheduler:
  algorithm: capability-priority
  loadBalancing: true
  domainFiltering: false
monitoring:
  metricsAddr: ":8080"
  healthAddr: ":8081"
  domainLabels: true
`;
const CONFIG_MAP = `apiVersion: v1
kind: ConfigMap
metadata: { name: mcp-controller-config, namespace: mcp-system }
data:
  METRICS_ADDR: ":8080"
  PROBE_ADDR: ":8081"
  LEADER_ELECTION: "true"
  LEADER_ELECTION_ID: mcp-controller-leader
  RECONCILE_INTERVAL: 30s
  MAX_CONCURRENT_RECONCILES: "10"
  WATCH_NAMESPACE: ""
  CONTROLLER_DOMAIN: hr
`;

const read = (text: string, name = 'controller.yaml') => readDocuments(`/project/tutti/${name}`, text);
const coordinationOf = (text: string) => {
  const { gateway } = read(text);
  return typeof gateway === 'object' ? gateway.spec.coordination : gateway;
};
const problemsOf = (text: string) =>
  read(text).problems.map(
    ({ line, field, message, severity }) => `${severity} ${line} ${field ?? ''}: ${message}`,
  );

describe('the configuration of a conductor controller', () => {
  test('is accepted, and what means nothing here is named', () => {
    verifies('OPS-18', 'TSK-15');
    expect(coordinationOf(CONTROLLER)).toMatchObject({
      domain: 'sales',
      scheduler: { algorithm: 'capability-priority', loadBalancing: true, domainFiltering: false },
    });
    const port =
      'has no effect: metrics and health are at `/metrics`, `/healthz` and `/readyz` of the one port, see `--host` and `--port`';
    expect(problemsOf(CONTROLLER)).toEqual([
      'warning 2 controller.reconcileInterval: has no effect: changes are taken up when they come',
      'warning 3 controller.maxConcurrentReconciles: has no effect: there is no such limit',
      `warning 10 monitoring.metricsAddr: ${port}`,
      `warning 11 monitoring.healthAddr: ${port}`,
      'warning 12 monitoring.domainLabels: has no effect: metrics have the labels that `/metrics` shows',
    ]);
  });

  test('is accepted as the variables of a ConfigMap', () => {
    verifies('OPS-18');
    expect(coordinationOf(CONFIG_MAP)).toMatchObject({ domain: 'hr' });
    expect(read(CONFIG_MAP).problems.map(({ field, severity }) => `${severity} ${field}`)).toEqual(
      [
        'METRICS_ADDR',
        'PROBE_ADDR',
        'LEADER_ELECTION',
        'LEADER_ELECTION_ID',
        'RECONCILE_INTERVAL',
        'MAX_CONCURRENT_RECONCILES',
        'WATCH_NAMESPACE',
      ].map((name) => `warning data.${name}`),
    );
  });

  test('is accepted as a file in a ConfigMap; a variable comes before it', () => {
    verifies('OPS-18');
    const file = CONTROLLER.replaceAll(/^/gm, '    ');
    const nested = `kind: ConfigMap\ndata:\n  config.yaml: |\n${file}\n`;
    expect(coordinationOf(nested)).toMatchObject({ domain: 'sales', scheduler: { domainFiltering: false } });
    expect(problemsOf(nested)[0]).toBe(
      'warning 3 data["config.yaml"]: `controller.reconcileInterval` has no effect: changes are taken up when they come',
    );
    expect(coordinationOf(`${nested}  CONTROLLER_DOMAIN: hr\n`)).toMatchObject({ domain: 'hr' });
  });

  test('that is wrong is refused at its place', () => {
    verifies('OPS-18');
    const wrong = CONTROLLER.replace('capability-priority', 'random').replace('domain: sales', 'domain: 5');
    expect(problemsOf(wrong).filter((line) => line.startsWith('error'))).toEqual([
      'error 4 controller.domain: must be text, but is the number `5`; write it in quotes: "5"',
      'error 6 scheduler.algorithm: must be `capability-priority`',
    ]);
    expect(problemsOf('scheduler: { algorithms: x }')).toEqual([
      'error 1 scheduler.algorithms: not a known field; did you mean `algorithm`?',
    ]);
  });

  test('with settings of an agent says where those belong', () => {
    verifies('OPS-18');
    expect(problemsOf('controller: { domain: a }\nagent: { domain: a }\nexecutor: {}')).toEqual([
      'warning 2 agent: is about an agent; give the file to the agent: `tutti agent --config FILE`',
      'warning 3 executor: is about an agent; give the file to the agent: `tutti agent --config FILE`',
    ]);
  });

  test('is not seen in what is something else', () => {
    verifies('OPS-18');
    for (const text of [
      'kind: ConfigMap\ndata: { other: x }',
      'controller: { domain: a }\nmore: 1',
      'agent: { domain: a }',
    ])
      expect(read(text).gateway).toBe(undefined);
    expect(problemsOf('kind: ConfigMap\ndata: { other: x }').length).toBeGreaterThan(0);
  });
});
