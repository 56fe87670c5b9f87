// The variables of editors in ours: `${env:NAME}`, `${input:id}`, `${workspaceFolder}`, `${userHome}` and their like.

import { basename, dirname } from 'node:path';
import { literal } from './foreign-values.ts';

/** The folder that an editor has open, when a file of its settings stands in `folder`. */
export function workspaceOf(folder: string): string {
  return ['.vscode', '.cursor'].includes(basename(folder)) ? dirname(folder) : folder;
}

/** `perplexity-key` → `PERPLEXITY_KEY`: the variable that stands for an editor's question. */
export function inputVariable(id: string): string {
  const name = id
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
  return /^[A-Z]/.test(name) ? name : `_${name}`;
}

export interface EditorInput {
  readonly id: string;
  readonly defaultValue: string | undefined;
}

/** Replaces the variables of editors; `${NAME}` and `${NAME:-default}` are ours already. */
export function fromEditorVariables(
  text: string,
  folder: string,
  inputs: readonly EditorInput[] = [],
): string {
  const workspace = workspaceOf(folder);
  return text.replaceAll(/\$\{([^{}]+)\}/g, (whole, inside: string) => {
    if (inside.startsWith('env:')) return `\${${inside.slice('env:'.length)}}`;
    if (inside.startsWith('input:')) {
      const id = inside.slice('input:'.length);
      const input = inputs.find((candidate) => candidate.id === id);
      const fallback = input?.defaultValue === undefined ? '' : `:-${input.defaultValue}`;
      return `\${${inputVariable(id)}${fallback}}`;
    }
    switch (inside) {
      case 'workspaceFolder':
      case 'workspaceRoot':
        return literal(workspace);
      case 'workspaceFolderBasename':
        return literal(basename(workspace));
      case 'userHome':
        return '${HOME}';
      case 'pathSeparator':
      case '/':
        return '/';
      default:
        return whole;
    }
  });
}

/** The ids of the questions that a value asks. */
export function inputIds(value: unknown): readonly string[] {
  return [...JSON.stringify(value ?? null).matchAll(/\$\{input:([^{}]+)\}/g)].flatMap(([, id]) => id ?? []);
}
