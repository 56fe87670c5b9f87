import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { EMPTY_SNAPSHOT } from '../../src/snapshot/builder.ts';
import { withFamilies } from '../../src/snapshot/families.ts';
import type { Family, FamilyMembership, Snapshot } from '../../src/snapshot/types.ts';
import { createCatalogWorld, KUBERNETES } from './catalog-world.ts';
import { tools } from './found.ts';

const text = (bytes: Buffer | undefined): string => String(bytes);

function family(snapshot: Snapshot): Family {
  const found = snapshot.families.get('kubernetes');
  if (found === undefined) throw new Error('there is no family');
  return found;
}

/** One tool of a family with these members. */
function shown(
  tool: string,
  membership: FamilyMembership = KUBERNETES,
  ...servers: readonly string[]
): string {
  const world = createCatalogWorld();
  for (const server of servers.length === 0 ? ['a'] : servers)
    world.put(server, { tools: [tool] }, membership);
  return text(family(world.snapshot).tools[0]?.exposedBytes);
}

const ARGUMENT = '"cluster":{"type":"string","description":"The server that takes the call.","enum":["a"]}';

describe('the one more argument', () => {
  test.each([
    [
      '{"name":"t","inputSchema":{"type":"object","properties":{"n":{}},"required":["n"]}}',
      `{"name":"kubernetes_t","inputSchema":{"type":"object","properties":{${ARGUMENT},"n":{}},"required":["cluster","n"]}}`,
    ],
    [
      '{"name":"t","inputSchema":{ "required" : [ ] , "properties" : { } }}',
      `{"name":"kubernetes_t","inputSchema":{ "required" : ["cluster" ] , "properties" : {${ARGUMENT} } }}`,
    ],
    [
      '{"inputSchema":{"type":"object"}, "name":"t"}',
      `{"inputSchema":{"properties":{${ARGUMENT}},"required":["cluster"],"type":"object"}, "name":"kubernetes_t"}`,
    ],
    [
      '{"inputSchema":{},"name":"t"}',
      `{"inputSchema":{"properties":{${ARGUMENT}},"required":["cluster"]},"name":"kubernetes_t"}`,
    ],
    [
      '{"name":"t"}',
      `{"inputSchema":{"type":"object","properties":{${ARGUMENT}},"required":["cluster"]},"name":"kubernetes_t"}`,
    ],
    [
      '{"x":1e400,"name":"t","inputSchema":{"type":"object","required":["y"],"properties":{"y":{"const":12345678901234567890}},"additionalProperties":false},"_meta":{"a":"\\u0041"}}',
      `{"x":1e400,"name":"kubernetes_t","inputSchema":{"type":"object","required":["cluster","y"],"properties":{${ARGUMENT},"y":{"const":12345678901234567890}},"additionalProperties":false},"_meta":{"a":"\\u0041"}}`,
    ],
  ])('%s', (declared, exposed) => {
    verifies('FAM-01');
    expect(shown(declared)).toBe(exposed);
    expect(() => JSON.parse(exposed)).not.toThrow();
  });

  test('lists the members in order, and with fan-out all of them at once, free of the output schema', () => {
    verifies('FAM-01', 'FAM-04');
    const [tool = ''] = tools('t');
    expect(shown(tool, KUBERNETES, 'b', 'c', 'a')).toContain('"enum":["a","b","c"]');
    const typed = '{"name":"t","outputSchema":{"type":"object"},"inputSchema":{}}';
    const fanOut = shown(typed, { ...KUBERNETES, fanOut: true });
    expect(fanOut).toContain('"enum":["a","*"]');
    expect(JSON.parse(fanOut)).not.toHaveProperty('outputSchema');
    expect(shown(typed)).toContain('"outputSchema":{"type":"object"}');
  });

  test.each([
    ['{"name":"t","inputSchema":{"properties":{"cluster":{}}}}', 'an argument "cluster" of its own'],
    ['{"name":"t","inputSchema":{"required":["cluster"]}}', 'an argument "cluster" of its own'],
    ['{"name":"t","inputSchema":true}', 'is no object'],
    ['{"name":"t","inputSchema":{"properties":[]}}', 'are no object'],
    ['{"name":"t","inputSchema":{"required":"n"}}', 'is no list'],
  ])('is not given to %s', (declared, reason) => {
    verifies('FAM-02');
    const world = createCatalogWorld();
    world.put('a', { tools: [declared, ...tools('other')] }, KUBERNETES);
    const { tools: found, problems } = family(world.snapshot);
    expect(found.map(({ name }) => name)).toEqual(['other']);
    expect(problems[0]?.message).toContain(reason);
    expect(problems[0]?.servers).toEqual(['a']);
  });
});

describe('equal tools', () => {
  const same = (one: string, other: string): boolean => {
    const world = createCatalogWorld();
    world.put('a', { tools: [one] }, KUBERNETES);
    world.put('b', { tools: [other] }, KUBERNETES);
    return family(world.snapshot).tools.length === 1;
  };
  const base = '{"name":"t","description":"D","inputSchema":{"a":1,"b":[1,2]}}';

  test.each([
    ['{"inputSchema" : {"b":[1, 2],"a":1},"description":"\\u0044","name":"t"}'],
    ['{"name":"t","description":"D","inputSchema":{"a":1,"b":[1,2]},"title":"T","_meta":{"x":1},"icons":[]}'],
  ])('may be written otherwise: %s', (other) => {
    verifies('FAM-01');
    expect(same(base, other)).toBe(true);
  });

  test.each([
    ['{"name":"t","description":"d","inputSchema":{"a":1,"b":[1,2]}}'],
    ['{"name":"t","inputSchema":{"a":1,"b":[1,2]}}'],
    ['{"name":"t","description":"D","inputSchema":{"a":1,"b":[2,1]}}'],
    ['{"name":"t","description":"D","inputSchema":{"a":1,"b":[1,2],"c":null}}'],
    ['{"name":"t","description":"D","inputSchema":{"a":1,"b":[1,2]},"outputSchema":{}}'],
    ['{"name":"t","description":"D","inputSchema":{"a":1,"b":[1,2]},"annotations":{"destructiveHint":true}}'],
    ['{"name":"t","description":"D","inputSchema":{"a":1,"b":[1,2]},"execution":{"taskSupport":"required"}}'],
  ])('must say the same: %s', (other) => {
    verifies('FAM-02');
    expect(same(base, other)).toBe(false);
  });

  test('differ in a number that a double would not tell', () => {
    verifies('FAM-02');
    const bounded = (max: string): string => `{"name":"t","inputSchema":{"maximum":${max}}}`;
    expect(same(bounded('12345678901234567890'), bounded('12345678901234567891'))).toBe(false);
  });
});

describe('a change', () => {
  test('of a server in no family, or in another one, leaves a family the very same object', () => {
    verifies('FAM-03');
    const world = createCatalogWorld();
    world.put('a', { tools: tools('t') }, KUBERNETES);
    const before = family(world.snapshot);
    world.put('b', { tools: tools('t') }, { ...KUBERNETES, name: 'other', prefix: 'other' });
    world.put('c', { tools: tools('t') });
    world.remove('c');
    world.put('b', undefined);
    expect(family(world.snapshot)).toBe(before);
    expect([...world.snapshot.families.keys()]).toEqual(['kubernetes']);
    // A new attempt changes nothing of what is shown.
    const entry = world.snapshot.servers.get('a');
    if (entry === undefined) throw new Error('a is gone');
    const next = { ...world.snapshot, servers: new Map([['a', { ...entry, knownEra: undefined }]]) };
    expect(withFamilies(next, world.snapshot, world.names).families.get('kubernetes')).toBe(before);
  });

  test('of what is suspended divides nobody', () => {
    verifies('FAM-02');
    const world = createCatalogWorld();
    const suspended = { kind: 'hold', state: 'Suspended', reason: 'r', retryAtMs: undefined } as const;
    world.put('a', { tools: tools('t') }, KUBERNETES);
    world.put('b', undefined, { ...KUBERNETES, instanceArg: 'place' }, suspended);
    expect(family(world.snapshot).tools).toHaveLength(1);
    world.put('b', undefined, { ...KUBERNETES, instanceArg: 'place' });
    expect(family(world.snapshot).tools).toHaveLength(0);
    expect(family(world.snapshot).problems[0]?.servers).toEqual(['a', 'b']);
  });

  test('a member that is gone leaves nothing behind', () => {
    verifies('FAM-03');
    const world = createCatalogWorld();
    world.put('a', { tools: tools('t') }, KUBERNETES);
    expect(world.remove('a').families.size).toBe(0);
  });
});

// Whatever happens in whatever order, a family is what its members show now, and every byte of a tool stays.

const NAMES = ['a', 'b', 'c', 'd'];
const TOOLS = ['t1', 't2', 't3'];

interface Change {
  readonly server: string;
  /** By tool, which of its variants; undefined: the server leaves. */
  readonly shows: Readonly<Record<string, number>> | undefined;
  readonly argument: string;
  readonly isMember: boolean;
}

const change: fc.Arbitrary<Change> = fc.record({
  server: fc.constantFrom(...NAMES),
  shows: fc.option(
    fc.dictionary(fc.constantFrom(...TOOLS), fc.constantFrom(0, 0, 0, 1), { maxKeys: TOOLS.length }),
    { nil: undefined },
  ),
  argument: fc.constantFrom('cluster', 'cluster', 'cluster', 'place'),
  isMember: fc.constantFrom(true, true, true, false),
});

const variant = (name: string, which: number): string =>
  JSON.stringify({ name, description: `variant ${which}`, inputSchema: { type: 'object' } });

test('a family is the union of what its members contribute', () => {
  verifies('FAM-01', 'FAM-02', 'FAM-03');
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
      const world = createCatalogWorld();
      const now = new Map<string, Change>();
      for (const one of changes) {
        const { server, shows, argument, isMember } = one;
        if (shows === undefined) {
          now.delete(server);
          world.remove(server);
        } else {
          now.set(server, one);
          const items = Object.entries(shows).map(([name, which]) => variant(name, which));
          world.put(
            server,
            { tools: items },
            isMember ? { ...KUBERNETES, instanceArg: argument } : undefined,
          );
        }
        const found = world.snapshot.families.get('kubernetes');
        const shown = Object.fromEntries(
          (found?.tools ?? []).map((tool) => [tool.exposedName, [...tool.members.keys()]]),
        );
        expect(shown).toEqual(expected([...now.values()].filter((each) => each.isMember)));
        // As if it had always been so.
        const { names, snapshot } = world;
        const anew = withFamilies(snapshot, { ...EMPTY_SNAPSHOT, servers: new Map() }, names);
        expect(listOf(anew)).toEqual(listOf(snapshot));
      }
    }),
    { numRuns: 200 },
  );
});

function listOf(snapshot: Snapshot): readonly string[] {
  return (snapshot.families.get('kubernetes')?.tools ?? []).map(({ exposedBytes }) => text(exposedBytes));
}

function expected(members: readonly Change[]): Readonly<Record<string, readonly string[]>> {
  if (new Set(members.map(({ argument }) => argument)).size > 1) return {};
  const shown: Record<string, string[]> = {};
  for (const tool of TOOLS) {
    const holders = members.filter(({ shows }) => shows !== undefined && tool in shows);
    const variants = new Set(holders.map(({ shows }) => shows?.[tool]));
    if (variants.size === 1) shown[`kubernetes_${tool}`] = holders.map(({ server }) => server).sort();
  }
  return shown;
}

const schema = fc.record(
  {
    type: fc.constant('object'),
    properties: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
    required: fc.array(fc.string()),
    additionalProperties: fc.boolean(),
  },
  { requiredKeys: [] },
);

test('what a family adds to a tool can be taken out again, and nothing else has changed', () => {
  verifies('FAM-01', 'GW-04');
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
      schema,
      fc.constantFrom(undefined, 1, '\t'),
      (more, inputSchema, space) => {
        const { name: _, inputSchema: __, outputSchema: ___, ...rest } = more;
        const declared = JSON.stringify({ ...rest, name: 'tool name', inputSchema }, undefined, space);
        const argument = 'cluster';
        fc.pre(!Object.hasOwn(inputSchema.properties ?? {}, argument));
        fc.pre(!(inputSchema.required ?? []).includes(argument));
        const exposed = shown(declared);
        const value = JSON.parse(exposed);
        expect(value.inputSchema.properties[argument].enum).toEqual(['a']);
        expect(value.inputSchema.required[0]).toBe(argument);
        delete value.inputSchema.properties[argument];
        value.inputSchema.required.shift();
        if (inputSchema.properties === undefined) delete value.inputSchema.properties;
        if (inputSchema.required === undefined) delete value.inputSchema.required;
        expect(value).toEqual({ ...JSON.parse(declared), name: 'kubernetes_tool_name' });
        expect(isSubsequence(declared.replace('"tool name"', '"kubernetes_tool_name"'), exposed)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

function isSubsequence(short: string, long: string): boolean {
  let at = 0;
  for (const character of long) if (character === short[at]) at += 1;
  return at === short.length;
}
