// Who may import whom. The tables are the rule; a new edge is a reviewed change of them.

import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSourceFile, type SourceFile } from './support/import-edges.ts';
import { repositoryFiles } from './support/source-files.ts';

type Directions = Readonly<Record<string, readonly string[]>>;

/** Packages, by folder. */
const PACKAGES: Directions = {
  schemas: [],
  wire: ['schemas'],
  adapter: ['wire', 'schemas'],
  server: ['wire', 'schemas'],
  sdk: ['schemas'],
  console: ['sdk', 'schemas'],
  cli: ['sdk', 'schemas'],
};

/** What the command line takes from the server, and only when a command needs it. */
const CLI_DYNAMIC = ['@tutti/server/app', '@tutti/server/instances', '@tutti/server/offline'];

/** Rooms of the server. */
const ROOMS: Directions = {
  kernel: [],
  telemetry: ['kernel'],
  policy: ['kernel'],
  snapshot: ['kernel'],
  store: ['kernel', 'telemetry'],
  runner: ['kernel', 'telemetry'],
  resources: ['kernel', 'telemetry', 'store'],
  sources: ['kernel', 'telemetry', 'resources'],
  reconcile: ['kernel', 'telemetry', 'resources', 'runner', 'snapshot'],
  gateway: ['kernel', 'telemetry', 'policy', 'snapshot'],
  coordination: ['kernel', 'telemetry', 'policy', 'store', 'resources'],
  access: ['kernel', 'telemetry', 'policy', 'store', 'resources'],
  workloads: ['kernel', 'telemetry', 'policy', 'store', 'resources', 'runner'],
  api: [
    'kernel',
    'telemetry',
    'policy',
    'resources',
    'reconcile',
    'runner',
    'coordination',
    'access',
    'workloads',
  ],
};

/** It joins the rooms, so it may import them all. */
const COMPOSITION_ROOT = 'app';

/** Rooms whose folders know nothing of each other. */
const SEPARATE = ['reconcile', 'sources', 'runner'];

const DISABLED_RULE = /\b(?:(?:ox|es)lint-disable|ts-ignore|ts-expect-error|ts-nocheck)\b/;

const sources = repositoryFiles('packages/*/src/**/*.ts', 'packages/*/src/**/*.tsx').map(readSourceFile);
const serverEdges = sources
  .filter(({ path }) => path.startsWith('packages/server/src/'))
  .flatMap(edgesInside);

describe('layers', () => {
  test('packages import in one direction', () => {
    const edges = sources.flatMap(packageEdges);
    expect(edges.length).toBeGreaterThan(0);
    expect(edges.filter(({ from, to }) => !(PACKAGES[from] ?? []).includes(to)).map(describeEdge)).toEqual(
      [],
    );
  });

  test('no file reaches into another package by a path', () => {
    const leaving = sources.flatMap(edgesInside).filter(({ from, to }) => packageOf(from) !== packageOf(to));
    expect(leaving.map(describeEdge)).toEqual([]);
  });

  test('rooms of the server import in one direction', () => {
    const edges = serverEdges
      .map(({ from, to }) => ({ from: roomOf(from), to: roomOf(to), file: from }))
      .filter(({ from, to }) => from !== to && from !== COMPOSITION_ROOT);
    expect(edges.length).toBeGreaterThan(0);
    expect(edges.filter(({ from, to }) => !(ROOMS[from] ?? []).includes(to)).map(describeEdge)).toEqual([]);
  });

  test('every room is in the table', () => {
    const rooms = new Set(serverEdges.map(({ from }) => roomOf(from)));
    expect([...rooms].filter((room) => room !== COMPOSITION_ROOT && ROOMS[room] === undefined)).toEqual([]);
  });

  test.each(SEPARATE)('the folders of %s/ do not know each other', (room) => {
    const edges = serverEdges
      .filter(({ from, to }) => roomOf(from) === room && roomOf(to) === room)
      .map(({ from, to }) => ({ from: folderOf(from), to: folderOf(to), file: from }));
    const crossing = edges.filter(({ from, to }) => from !== undefined && to !== undefined && from !== to);
    expect(crossing.map(({ from, to, file }) => `${file}: ${from} -> ${to}`)).toEqual([]);
  });

  test('no rule is disabled', () => {
    const disabling = sources.filter(({ comments }) =>
      comments.some((comment) => DISABLED_RULE.test(comment)),
    );
    expect(disabling.map(({ path }) => path)).toEqual([]);
  });
});

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly file: string;
}

function describeEdge({ from, to, file }: Edge): string {
  return `${file}: ${from} -> ${to}`;
}

function packageEdges({ path, imports }: SourceFile): readonly Edge[] {
  const from = packageOf(path);
  return imports.flatMap(({ specifier, dynamic }) => {
    const to =
      /^@tutti\/([^/]+)/.exec(specifier)?.[1] ?? (/^tutti(?:\/|$)/.test(specifier) ? 'cli' : undefined);
    if (to === undefined || (from === 'cli' && dynamic && CLI_DYNAMIC.includes(specifier))) return [];
    return [{ from, to, file: path }];
  });
}

/** The relative imports of a file, as paths. */
function edgesInside({ path, imports }: SourceFile): readonly Edge[] {
  return imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => ({ from: path, to: posix.join(posix.dirname(path), specifier), file: path }));
}

function packageOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** The folder below src; the entry files beside the rooms belong to the composition root. */
function roomOf(path: string): string {
  const [, , , room = '', ...rest] = path.split('/');
  return rest.length === 0 ? COMPOSITION_ROOT : room;
}

/** The folder inside a room; undefined for the room's own files. */
function folderOf(path: string): string | undefined {
  const [, , , , folder, ...rest] = path.split('/');
  return rest.length === 0 ? undefined : folder;
}
