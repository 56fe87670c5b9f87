import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import {
  createNameBook,
  MAX_ABSENT_NAMES,
  MAX_EXPOSED_NAME_LENGTH,
  NAME_KINDS,
  serverPrefix,
  uriBehindAlias,
  type ListedNames,
  type NameBook,
  type ServerNames,
} from '../../src/snapshot/names.ts';

const NONE: ListedNames = { tools: [], prompts: [], resources: [], resourceTemplates: [] };

function toolsOf(book: NameBook, server: string, prefix: string, tools: readonly string[]) {
  return Object.fromEntries(book.allocate(server, prefix, { ...NONE, tools }).given.tools);
}

describe('tools', () => {
  test.each([
    ['search', 'git_search'],
    ['git_search', 'git_search'],
    ['git', 'git_git'],
    ['gitsearch', 'git_gitsearch'],
    ['find files', 'git_find_files'],
    ['größe/総', 'git_gr__e__'],
    ['a.b-c', 'git_a.b-c'],
  ])('%s of server git is %s', (tool, exposed) => {
    verifies('CAT-01');
    expect(toolsOf(createNameBook(), 'git', 'git', [tool])).toEqual({ [tool]: exposed });
  });

  test.each([
    ['x_', 'git', 'log', 'x_git_log'],
    ['x_', 'git', 'git_log', 'x_git_log'],
    ['x_', 'git', 'x_git_log', 'x_git_log'],
    ['x_', 'git', 'x_log', 'x_git_x_log'],
    ['x_', 'x_git', 'log', 'x_git_log'],
    ['x_', 'my_git', 'git_log', 'x_my_git_log'],
    ['a_b_', 'git', 'b_git_log', 'a_b_git_log'],
    ['x_', 'git', 'gitlog', 'x_git_gitlog'],
    ['x_', 'git', '_', 'x_git__'],
    ['', 'git', 'git_log', 'git_log'],
  ])('with the prefix %j of all, %s and %s are %s', (ofAll, own, tool, exposed) => {
    verifies('CAT-01');
    const prefix = serverPrefix(ofAll, own);
    expect(toolsOf(createNameBook(), 'git', prefix, [tool])).toEqual({ [tool]: exposed });
  });

  test('with a prefix of all, too, no name is longer than 64 characters', () => {
    verifies('CAT-01');
    const prefix = serverPrefix('x_', 's'.repeat(63));
    const names = toolsOf(createNameBook(), 's', prefix, ['log']);
    expect(names['log']).toHaveLength(MAX_EXPOSED_NAME_LENGTH);
    expect(names['log']).toMatch(/^x_s{53}_[a-z2-7]{8}$/);
  });

  test('the prefix stands in place of the server name', () => {
    expect(toolsOf(createNameBook(), 'git-server', 'git', ['log'])).toEqual({ log: 'git_log' });
  });

  test('a name of 64 characters stays, a longer one ends in a hash; these are pinned', () => {
    verifies('CAT-01');
    const fits = 'x'.repeat(MAX_EXPOSED_NAME_LENGTH - 2);
    const names = toolsOf(createNameBook(), 's', 's', [fits, `${fits}y`]);
    expect(names[fits]).toBe(`s_${fits}`);
    expect(names[`${fits}y`]).toBe(`s_${'x'.repeat(53)}_xfhpr5lq`);
  });

  test('the second holder of a name gets a hash, the first keeps its name', () => {
    verifies('CAT-01');
    const book = createNameBook();
    expect(toolsOf(book, 'one', 'p', ['t'])).toEqual({ t: 'p_t' });
    const second = toolsOf(book, 'two', 'p', ['t']);
    expect(second['t']).toMatch(/^p_t_[a-z2-7]{8}$/);
    expect(toolsOf(book, 'one', 'p', ['t'])).toEqual({ t: 'p_t' });
    book.release('one');
    expect(toolsOf(book, 'two', 'p', ['t'])).toEqual(second);
  });

  test('two names of one server that come to the same are told apart', () => {
    const names = toolsOf(createNameBook(), 's', 's', ['a b', 'a/b', 's_a_b']);
    expect(new Set(Object.values(names)).size).toBe(3);
  });

  test('the order in which a server lists its tools decides nothing', () => {
    const own = ['a b', 'a/b', 'a:b'];
    expect(toolsOf(createNameBook(), 's', 's', own)).toEqual(
      toolsOf(createNameBook(), 's', 's', own.toReversed()),
    );
  });

  test('a new prefix gives new names and frees the old ones', () => {
    const book = createNameBook();
    toolsOf(book, 'one', 'p', ['t']);
    expect(toolsOf(book, 'one', 'q', ['t'])).toEqual({ t: 'q_t' });
    expect(toolsOf(book, 'two', 'p', ['t'])).toEqual({ t: 'p_t' });
  });

  test('a tool that goes and returns finds its name again; only so many of the gone are kept', () => {
    const book = createNameBook();
    toolsOf(book, 'one', 'p', ['t']);
    toolsOf(book, 'one', 'p', []);
    expect(toolsOf(book, 'two', 'p', ['t'])['t']).not.toBe('p_t');
    const many = Array.from({ length: MAX_ABSENT_NAMES + 10 }, (_, index) => `gone-${index}`);
    toolsOf(book, 'three', 'q', many);
    const kept = book.allocate('three', 'q', { ...NONE, tools: ['here'] }).given.tools;
    expect(kept.size).toBe(MAX_ABSENT_NAMES + 1);
    expect(kept.get('here')).toBe('q_here');
  });
});

describe('resources', () => {
  test('the second holder of a uri is reached by an alias that leads back to it', () => {
    verifies('CAT-02');
    const uri = 'file:///a b/ü?x=1#y';
    const book = createNameBook();
    const listed = { ...NONE, resources: [uri] };
    expect(book.allocate('one', 'one', listed).given.resources.get(uri)).toBe(uri);
    const alias = book.allocate('two', 'two', listed).given.resources.get(uri) ?? '';
    expect(alias).toBe(`tutti://two/${encodeURIComponent(uri)}`);
    expect(uriBehindAlias('two', alias)).toBe(uri);
    expect(uriBehindAlias('one', alias)).toBeUndefined();
    expect(uriBehindAlias('two', 'tutti://two/%')).toBeUndefined();
  });

  test('an alias that some server claims as a uri of its own is told apart', () => {
    const book = createNameBook();
    const alias = 'tutti://two/x%3Ay';
    book.allocate('one', 'one', { ...NONE, resources: ['x:y', alias] });
    expect(book.allocate('two', 'two', { ...NONE, resources: ['x:y'] }).given.resources.get('x:y')).toBe(
      `${alias}?2`,
    );
  });

  test('what a client expands in the alias of a template leads back to what it would have been', () => {
    verifies('CAT-02');
    const template = 'file:///{path}';
    const book = createNameBook();
    const listed = { ...NONE, resourceTemplates: [template] };
    book.allocate('one', 'one', listed);
    const alias = book.allocate('two', 'two', listed).given.resourceTemplates.get(template) ?? '';
    const expand = (text: string): string => text.replace('{path}', encodeURIComponent('a/b%c'));
    expect(uriBehindAlias('two', expand(alias))).toBe(expand(template));
  });
});

// Few letters and servers, so that names clash all the time.
const own = fc.string({ unit: fc.constantFrom('a', 'b', '_', ' ', '/', 'ü'), minLength: 1, maxLength: 4 });
const long = fc.integer({ min: 55, max: 90 }).map((length) => 'l'.repeat(length));
const names = fc.uniqueArray(fc.oneof({ weight: 4, arbitrary: own }, long), { maxLength: 6 });
const server = fc.constantFrom('a', 'b', 'a_b', 'c');
const arrival = fc.record({ kind: fc.constant('arrive'), server, tools: names, resources: names });
const departure = fc.record({ kind: fc.constant('leave'), server });
const history = fc.array(fc.oneof({ weight: 3, arbitrary: arrival }, departure), { maxLength: 20 });
type Event = typeof history extends fc.Arbitrary<readonly (infer E)[]> ? E : never;

/** Plays the events; `prefixOf` gives some servers one prefix. */
function play(events: readonly Event[], book: NameBook, allocated = new Map<string, ServerNames>()) {
  for (const event of events) {
    if ('tools' in event) {
      const { tools, resources } = event;
      const listed = { ...NONE, tools, prompts: tools, resources };
      allocated.set(event.server, book.allocate(event.server, prefixOf(event.server), listed));
    } else {
      book.release(event.server);
      allocated.delete(event.server);
    }
  }
  return allocated;
}

const prefixOf = (name: string): string => (name === 'c' ? 'a' : name);

test('names never change while their server is there, whoever else comes and goes', () => {
  verifies('CAT-01');
  fc.assert(
    fc.property(history, (events) => {
      const book = createNameBook();
      const allocated = new Map<string, ServerNames>();
      for (const event of events) {
        const before = new Map(allocated);
        play([event], book, allocated);
        for (const [name, was] of before) {
          const is = allocated.get(name);
          if (is === undefined) continue;
          for (const kind of NAME_KINDS)
            for (const [item, exposed] of was.given[kind]) expect(is.given[kind].get(item)).toBe(exposed);
        }
      }
    }),
  );
});

test('names are unique, short and of the allowed characters', () => {
  verifies('CAT-01');
  fc.assert(
    fc.property(history, (events) => {
      const allocated = [...play(events, createNameBook()).values()];
      for (const kind of NAME_KINDS) {
        const exposed = allocated.flatMap(({ given }) => [...given[kind].values()]);
        expect(new Set(exposed).size).toBe(exposed.length);
      }
      for (const { given } of allocated)
        for (const name of [...given.tools.values(), ...given.prompts.values()])
          expect(name).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
    }),
  );
});

test('the same history gives the same names', () => {
  verifies('CAT-01');
  fc.assert(
    fc.property(history, (events) => {
      expect(play(events, createNameBook())).toEqual(play(events, createNameBook()));
    }),
  );
});

test('a restart with the names of before changes nothing, in whatever order servers come up', () => {
  verifies('CAT-01', 'CAT-04');
  fc.assert(
    fc.property(history, fc.boolean(), (events, backwards) => {
      const before = play(events, createNameBook());
      const book = createNameBook();
      for (const [name, given] of before) book.restore(name, given);
      const order = backwards ? [...before].toReversed() : [...before];
      for (const [name, { prefix, given }] of order) {
        const listed: ListedNames = {
          tools: [...given.tools.keys()],
          prompts: [...given.prompts.keys()],
          resources: [...given.resources.keys()],
          resourceTemplates: [...given.resourceTemplates.keys()],
        };
        expect(book.allocate(name, prefix, listed).given).toEqual(given);
      }
    }),
  );
});
