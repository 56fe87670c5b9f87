// Executors that come from files: a module exports `executor`, or `createExecutor`, a function that makes one. A plugin runs
// with all rights of this process.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Executor } from './executor.ts';

/** A plugin that can't be used; the message names the file and says what to do. */
export class PluginError extends Error {
  readonly path: string;

  constructor(path: string, message: string, options: { readonly cause?: unknown } = {}) {
    super(`The plugin ${path} can't be used: ${message}`, options);
    this.name = 'PluginError';
    this.path = path;
  }
}

/** In the order of the paths, which are relative to `folder`. */
export async function loadExecutors(paths: readonly string[], folder: string): Promise<readonly Executor[]> {
  const executors: Executor[] = [];
  for (const path of paths) executors.push(await loadExecutor(path, resolve(folder, path)));
  return executors;
}

async function loadExecutor(path: string, full: string): Promise<Executor> {
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(full).href);
  } catch (error) {
    throw new PluginError(path, reasonOf(error), { cause: error });
  }
  const made = await make(path, loaded);
  if (isExecutor(made)) return made;
  throw new PluginError(
    path,
    'what it exports is no executor. It needs `capabilities` and `tags`, lists of words with one capability at least, and the function `execute(task, signal)`.',
  );
}

async function make(path: string, loaded: unknown): Promise<unknown> {
  const create = member(loaded, 'createExecutor') ?? member(loaded, 'executor') ?? member(loaded, 'default');
  if (create === undefined)
    throw new PluginError(path, 'it exports neither `executor` nor `createExecutor`.');
  if (typeof create !== 'function') return create;
  try {
    const made: unknown = await create();
    return made;
  } catch (error) {
    throw new PluginError(path, reasonOf(error), { cause: error });
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isExecutor(value: unknown): value is Executor {
  const capabilities = member(value, 'capabilities');
  return (
    isWords(capabilities) &&
    capabilities.length > 0 &&
    isWords(member(value, 'tags')) &&
    typeof member(value, 'execute') === 'function'
  );
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string' && word !== '');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
