// The imports of a TypeScript file, by a real parser: static, dynamic, re-exported, and in types.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { ROOT } from './source-files.ts';

export interface SourceFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly imports: readonly { readonly specifier: string; readonly dynamic: boolean }[];
  readonly comments: readonly string[];
}

export function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const { program, module, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const fixed = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
    ),
    ...typeImports(program),
  ];
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
    literal(text.slice(start, end)),
  );
  return {
    path,
    imports: [
      ...fixed.map((specifier) => ({ specifier, dynamic: false })),
      ...dynamic.flatMap((specifier) => (specifier === undefined ? [] : [{ specifier, dynamic: true }])),
    ],
    comments: comments.map(({ value }) => value),
  };
}

/** The text of a string literal; undefined for an expression. */
function literal(source: string): string | undefined {
  return /^(['"`])([^'"`$]*)\1$/.exec(source)?.[2];
}

/** `import('…').Name` in types is not among the module's records. */
function typeImports(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const found = Object.values(node).flatMap(typeImports);
  if ('type' in node && node.type === 'TSImportType' && 'source' in node) {
    const { source } = node;
    if (typeof source === 'object' && source !== null && 'value' in source) found.push(String(source.value));
  }
  return found;
}
