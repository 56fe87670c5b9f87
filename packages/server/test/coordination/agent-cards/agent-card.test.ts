import { AgentCard } from '@a2a-js/sdk';
import { AgentRegistrationSchema } from '@tutti/schemas';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { exportCard } from '../../../src/coordination/agent-cards/export-card.ts';
import { importCard } from '../../../src/coordination/agent-cards/import-card.ts';

const skill = {
  id: 'recipes',
  name: 'Find recipes',
  description: 'Finds recipes.',
  tags: ['food', 'search'],
  examples: ['something with rice'],
  inputModes: ['text/plain'],
  outputModes: [],
  securityRequirements: [],
};
const card = {
  name: 'Recipe Agent',
  description: 'Helps with cooking.',
  supportedInterfaces: [
    { url: 'https://a.example/a2a/v1', protocolBinding: 'JSONRPC', tenant: 't', protocolVersion: '1.0' },
  ],
  provider: { organization: 'Cooks', url: 'https://cooks.example' },
  version: '1.2.3',
  capabilities: {
    streaming: true,
    extensions: [{ uri: 'https://vendor.example/x', description: 'x', required: true, params: { a: 1 } }],
  },
  securitySchemes: { key: { apiKeySecurityScheme: { name: 'x', location: 'header', description: '' } } },
  securityRequirements: [],
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [skill, { ...skill, id: 'shopping', tags: ['food'] }],
  signatures: [{ protected: 'p', signature: 's' }],
  'x-vendor': 12,
};

const own = { url: 'https://tutti.example/api/v1/tasks', protocolBinding: 'https://tutti.dev/a2a/tasks/v1' };
const figures = {
  domain: 'default',
  capabilities: ['recipes'],
  tags: [],
  completed: 3,
  failed: 1,
  success_rate: 0.75,
  mean_duration_ms: 1200,
  metered: 0,
  tokens: 0,
  money_micros: 0,
  last_ended_at: '2026-01-01T00:00:00.000Z',
};

function imported(input: unknown, id?: string) {
  const found = importCard(input, id);
  if (found.kind === 'invalid') throw new Error(found.problems.join('\n'));
  return found;
}

describe('an agent card', () => {
  test('becomes a registration, and what does not fit is kept', () => {
    verifies('AGT-08');
    const { registration, kept, warnings } = imported(card);
    expect(registration).toMatchObject({
      id: 'recipe-agent',
      name: 'Recipe Agent',
      role: 'Worker',
      model_version: '1.2.3',
      capabilities: ['recipes', 'shopping'],
      tags: ['food', 'search'],
    });
    expect(kept.interfaces).toEqual(card.supportedInterfaces);
    expect(kept.fields).toMatchObject({
      description: 'Helps with cooking.',
      provider: card.provider,
      'x-vendor': 12,
    });
    expect(kept.fields).not.toHaveProperty('name');
    expect(warnings).toEqual([]);
    expect(imported(card, 'mine').registration.id).toBe('mine');
  });

  test('of 0.3 is read too', () => {
    verifies('AGT-08');
    const { supportedInterfaces: _, ...rest } = card;
    const old = {
      ...rest,
      protocolVersion: '0.3.0',
      url: 'https://a.example',
      preferredTransport: 'GRPC',
      additionalInterfaces: [
        { url: 'https://a.example', transport: 'GRPC' },
        { url: 'https://a.example/json', transport: 'HTTP+JSON' },
      ],
    };
    expect(imported(old).kept.interfaces).toEqual([
      { url: 'https://a.example', protocolBinding: 'GRPC', protocolVersion: '0.3.0', tenant: '' },
      { url: 'https://a.example/json', protocolBinding: 'HTTP+JSON', protocolVersion: '0.3.0', tenant: '' },
    ]);
  });

  test.each([
    [null, ['must be a map, but is empty; give it a value or remove it']],
    [{}, ['name: required; add it']],
    [{ name: 'x', skills: [{}] }, ['skills[0].id: required; add it']],
    [{ name: 'x', skills: 'all' }, ['skills: must be a list, but is text; write a list: ["…"]']],
  ])('that is none is refused: %j', (input, problems) => {
    verifies('AGT-08');
    expect(importCard(input)).toEqual({ kind: 'invalid', problems });
  });

  test('with more than an agent can have says so', () => {
    verifies('AGT-08');
    const skills = Array.from({ length: 70 }, (_, at) => ({ ...skill, id: `s${at}\n`, tags: [] }));
    const { registration, warnings } = imported({ name: '\u0007', skills });
    expect(registration.id).toBe('agent');
    expect(registration.capabilities).toHaveLength(64);
    expect(registration.capabilities[0]).toBe('s0');
    expect(warnings).toEqual(['70 capabilities are more than the 64 of an agent; the first are taken']);
  });

  test('comes out as its SDK reads it, with what was kept', () => {
    verifies('AGT-08');
    const { registration, kept } = imported(card);
    const exported = exportCard(registration, { own, kept, measured: [figures] });
    expect(exported).toMatchObject({
      name: 'Recipe Agent',
      description: 'Helps with cooking.',
      version: '1.2.3',
      provider: card.provider,
      skills: card.skills,
      supportedInterfaces: [...card.supportedInterfaces, { ...own, protocolVersion: '1.0' }],
      signatures: [],
      'x-vendor': 12,
    });
    const read = AgentCard.fromJSON(JSON.parse(JSON.stringify(exported)));
    expect(AgentCard.toJSON(read)).toMatchObject({
      name: 'Recipe Agent',
      skills: [{ id: 'recipes', examples: ['something with rice'] }, { id: 'shopping' }],
      capabilities: {
        streaming: true,
        extensions: [
          { uri: 'https://vendor.example/x', required: true },
          { uri: 'https://tutti.dev/a2a/registration/v1' },
          { uri: 'https://tutti.dev/a2a/measured/v1', params: { classes: [figures] } },
        ],
      },
    });
  });

  test('that is imported again says nothing of its own success', () => {
    verifies('AGT-08');
    const { registration, kept } = imported(card);
    const boasting = exportCard(registration, { own, kept, measured: [figures] });
    const again = imported(JSON.parse(JSON.stringify(boasting)));
    expect(again.registration).toEqual(registration);
    const exported = exportCard(again.registration, { own, kept: again.kept });
    expect(exported.supportedInterfaces).toHaveLength(2);
    expect(exported.capabilities.extensions.map(({ uri }) => uri)).toEqual([
      'https://vendor.example/x',
      'https://tutti.dev/a2a/registration/v1',
    ]);
  });

  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
  test('of a registered agent gives the same registration again', () => {
    verifies('AGT-08');
    const agent = fc.record({
      id: word,
      name: word,
      role: word,
      model_type: word,
      model_version: fc.stringMatching(/^[1-9]\.[0-9]$/),
      capabilities: fc.uniqueArray(word, { minLength: 1, maxLength: 5 }),
      tags: fc.uniqueArray(word, { maxLength: 5 }),
      domain: word,
      maxConcurrentTasks: fc.integer({ min: 1, max: 100 }),
      heartbeatInterval: fc.integer({ min: 1, max: 3_600 }),
      resources: fc.constantFrom({}, { cpu: '500m', gpu: true }),
    });
    fc.assert(
      fc.property(agent, (given) => {
        const registration = AgentRegistrationSchema.parse(given);
        const exported: unknown = JSON.parse(JSON.stringify(exportCard(registration, { own })));
        expect(imported(exported, registration.id).registration).toEqual(registration);
      }),
    );
  });
});
