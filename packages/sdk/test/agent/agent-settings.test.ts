import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import {
  AgentSettingsError,
  parseAgentConfig,
  resolveAgentSettings,
  type AgentSources,
} from '../../src/node.ts';

/** As conductor's ConfigMap has it. */
const CONDUCTOR = `agent:
  domain: kubernetes
  capabilities: [list-pods, list-nodes]
  resources:
    cpu: 500m
    memory: 1Gi
  tags: [monitoring, k8s]
executor:
  maxConcurrentTasks: 3
  taskTimeout: 120s
  domainRestricted: true
`;

function resolve(sources: Partial<AgentSources>) {
  return resolveAgentSettings({ flags: {}, env: {}, file: {}, hostname: 'box', ...sources });
}

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof AgentSettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings of an agent', () => {
  test('have defaults', () => {
    verifies('AGT-11');
    expect(resolve({})).toMatchObject({
      registration: { id: 'agent-box', domain: 'default', maxConcurrentTasks: 5, tags: [] },
      taskTimeoutMs: 300_000,
      drainMs: 30_000,
      health: undefined,
    });
  });

  test("come from conductor's file", () => {
    verifies('AGT-11', 'OPS-18');
    const file = parseAgentConfig(CONDUCTOR, 'agent.yaml');
    expect(resolve({ file })).toMatchObject({
      registration: {
        id: 'agent-box',
        domain: 'kubernetes',
        capabilities: ['list-pods', 'list-nodes'],
        tags: ['monitoring', 'k8s'],
        maxConcurrentTasks: 3,
        resources: { cpu: '500m', memory: '1Gi' },
      },
      taskTimeoutMs: 120_000,
    });
  });

  test("come from conductor's environment, which goes before the file", () => {
    verifies('AGT-11', 'OPS-18');
    const env = {
      AGENT_NAME: 'reporter',
      AGENT_DOMAIN: 'edge',
      AGENT_CAPABILITIES: 'list-pods, get-pod',
      AGENT_TAGS: 'a,b',
      MAX_CONCURRENT_TASKS: '7',
      HEARTBEAT_INTERVAL: '10s',
      TASK_TIMEOUT: '90',
      AGENT_CPU: '2',
      AGENT_MEMORY: '4Gi',
      AGENT_GPU: 'true',
      AGENT_STORAGE: '10Gi',
    };
    expect(resolve({ env, file: parseAgentConfig(CONDUCTOR, 'agent.yaml') })).toMatchObject({
      registration: {
        id: 'reporter',
        domain: 'edge',
        capabilities: ['list-pods', 'get-pod'],
        tags: ['a', 'b'],
        maxConcurrentTasks: 7,
        heartbeatInterval: '10000ms',
        resources: { cpu: '2', memory: '4Gi', gpu: true, storage: '10Gi' },
      },
      taskTimeoutMs: 90_000,
    });
  });

  test('flags go before all', () => {
    const flags = {
      name: 'mine',
      domain: 'd',
      tags: 'x',
      capabilities: 'c',
      maxConcurrentTasks: '1',
      type: 'multi',
      healthPort: '0',
    };
    const env = { AGENT_NAME: 'reporter', MAX_CONCURRENT_TASKS: '7', AGENT_TAGS: 'a' };
    expect(resolve({ flags, env })).toMatchObject({
      type: 'multi',
      registration: { id: 'mine', domain: 'd', tags: ['x'], capabilities: ['c'], maxConcurrentTasks: 1 },
      health: { port: 0 },
    });
    // An empty variable is one that is not set.
    expect(resolve({ env: { AGENT_NAME: '', AGENT_TAGS: '' } }).registration).toMatchObject({
      id: 'agent-box',
      tags: [],
    });
  });

  test('all that is wrong is told at once, by the name it is written with', () => {
    const env = {
      MAX_CONCURRENT_TASKS: 'many',
      TASK_TIMEOUT: 'soon',
      AGENT_GPU: 'perhaps',
      HEARTBEAT_INTERVAL: '1ms',
    };
    expect(problemsOf(() => resolve({ env, flags: { type: 'baker' } }))).toEqual([
      expect.stringMatching(/^--type: use one of data-processor/),
      'AGENT_GPU: write true or false',
      'MAX_CONCURRENT_TASKS: "many" is no number',
      expect.stringMatching(/^heartbeatInterval \(HEARTBEAT_INTERVAL\): out of range/),
      expect.stringMatching(/^TASK_TIMEOUT: "soon" is no duration/),
    ]);
    expect(problemsOf(() => resolve({ flags: { maxConcurrentTasks: '101' } }))).toEqual([
      expect.stringContaining('maxConcurrentTasks (--max-concurrent-tasks, MAX_CONCURRENT_TASKS)'),
    ]);
    const wrong =
      'agent: {domian: x}\nexecutor: {domainRestricted: false}\nhttpClient: {limits: {maxTime: soon}}\n';
    expect(problemsOf(() => parseAgentConfig(wrong, 'agent.yaml'))).toEqual([
      expect.stringMatching(/^agent.yaml: agent: .*domian/),
      expect.stringMatching(/^agent.yaml: executor.domainRestricted: .*own domain only/),
      expect.stringMatching(/^agent.yaml: httpClient.limits.maxTime: /),
    ]);
    expect(problemsOf(() => parseAgentConfig('agent: [', 'agent.yaml'))).toEqual([
      expect.stringMatching(/^agent.yaml: /),
    ]);
  });
});
