// Secrets that stand in a declaration as they are, where a variable would be better. A guess by name, to warn.

import type { McpServerSpec } from '@tutti/schemas';

const SECRET_NAME = /key|token|secret|passw|credential|authorization|cookie/i;

export interface LiteralSecret {
  /** `env.API_KEY` */
  readonly field: string;
  /** A name for the variable. */
  readonly variable: string;
}

export function literalSecrets({ env, headers }: Pick<McpServerSpec, 'env' | 'headers'>): LiteralSecret[] {
  return [...find('env', env), ...find('headers', headers)];
}

function find(section: string, values: Readonly<Record<string, string>>): LiteralSecret[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (!SECRET_NAME.test(name) || value === '' || value.includes('${')) return [];
    return [{ field: `${section}.${name}`, variable: name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_') }];
  });
}
