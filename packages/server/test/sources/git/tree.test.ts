import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../src/resources/problem.ts';
import { chooseFiles, parseContents, parseTree } from '../../../src/sources/git/tree.ts';
import { MAX_FILES } from '../../../src/sources/limits.ts';
import { verifies } from '../../../../../test/verifies.ts';

const ID = 'a'.repeat(40);

function entry(path: string, { mode = '100644', sizeBytes = 10 } = {}) {
  return { mode, id: ID, sizeBytes, path };
}

function chosen(paths: readonly (string | ReturnType<typeof entry>)[], root = '') {
  const entries = paths.map((path) => (typeof path === 'string' ? entry(path) : path));
  const { files, inFolder, unreadable, leftOut } = chooseFiles(entries, root, (path) => `team:${path}`);
  return {
    files: files.map(({ path }) => path),
    inFolder,
    problems: [...unreadable.values(), ...leftOut].map((problem) => formatProblem(problem)),
  };
}

test('a listing is read, with whatever names git allows', () => {
  const line = (mode: string, type: string, size: string, path: string): string =>
    `${mode} ${type} ${ID} ${size.padStart(7)}\t${path}\0`;
  const output = [
    line('100644', 'blob', '12', 'a b\n"c".json'),
    line('120000', 'blob', '9', 'link.json'),
    line('160000', 'commit', '-', 'module'),
  ].join('');
  expect(parseTree(output)).toEqual([
    { mode: '100644', id: ID, sizeBytes: 12, path: 'a b\n"c".json' },
    { mode: '120000', id: ID, sizeBytes: 9, path: 'link.json' },
    { mode: '160000', id: ID, sizeBytes: 0, path: 'module' },
  ]);
  expect(parseTree('')).toEqual([]);
});

describe('files that count', () => {
  test('are those that would count in a folder', () => {
    verifies('SRC-02', 'SRC-01');
    expect(
      chosen(
        [
          '.mcp.json',
          '.hidden/a.json',
          'a.json',
          'b/c.yaml',
          'b/.mcp.json',
          'node_modules/d.json',
          'x.md',
        ].map((path) => `conf/${path}`),
        'conf',
      ),
    ).toEqual({ files: ['conf/.mcp.json', 'conf/a.json', 'conf/b/c.yaml'], inFolder: true, problems: [] });
  });

  test('of a project are its own only', () => {
    verifies('SRC-02');
    expect(chosen(['package.json', 'tutti.yaml', 'tutti/a.json', 'tutti-more/b.json']).files).toEqual([
      'tutti.yaml',
      'tutti/a.json',
    ]);
  });

  test('may be one that is named, whatever its name', () => {
    verifies('SRC-02');
    expect(chosen(['.team/servers'], '.team/servers')).toEqual({
      files: ['.team/servers'],
      inFolder: false,
      problems: [],
    });
  });
});

test('links, submodules and what is too deep or too large are not read, and it is said', () => {
  verifies('SRC-02');
  const deep = `${'d/'.repeat(17)}a.json`;
  expect(
    chosen([
      entry('link.json', { mode: '120000' }),
      entry('module.json', { mode: '160000' }),
      deep,
      entry('large.json', { sizeBytes: 1024 ** 2 + 1 }),
      'good.json',
    ]),
  ).toEqual({
    files: ['good.json'],
    inFolder: true,
    problems: [
      'team:large.json:1:1: larger than 1048576 bytes; split it',
      'team:link.json:1:1: warning: a link or a submodule; not followed',
      'team:module.json:1:1: warning: a link or a submodule; not followed',
      `team:${deep}:1:1: warning: more than 16 folders deep; not read`,
    ],
  });
});

test('of too many files, or too many bytes, the first are read, and it is said once', () => {
  verifies('SRC-02');
  const many = chosen(Array.from({ length: MAX_FILES + 2 }, (_, index) => `${index}.json`));
  expect(many.files).toHaveLength(MAX_FILES);
  expect(many.problems).toHaveLength(1);
  const large = chosen(
    Array.from({ length: 40 }, (_, index) => entry(`${index}.json`, { sizeBytes: 1024 ** 2 })),
  );
  expect(large.files).toHaveLength(32);
  expect(large.problems).toEqual([expect.stringContaining('name the folder that holds the declarations')]);
});

test('contents are told apart by their sizes; what is cut off or no file is not taken', () => {
  const block = (text: string): string => `${ID} blob ${Buffer.byteLength(text)}\n${text}\n`;
  const texts = ['{"a":1}', '', `line\n${ID} blob 3\nabc\n`, 'ü'];
  const output = Buffer.from(texts.map(block).join(''));
  expect(parseContents(output)?.map(String)).toEqual(texts);
  expect(parseContents(output.subarray(0, output.length - 3))).toBeUndefined();
  expect(parseContents(Buffer.from(`${ID} missing\n`))).toBeUndefined();
  expect(parseContents(Buffer.from(`${ID} tree 3\nabc\n`))).toBeUndefined();
});
