// The environment of a child: little of ours, all that is declared, and the tag. What we run with (NODE_OPTIONS,
// tokens, npm's variables) is none of its business.

import { OWNER_VARIABLE, withTag } from './owner-tag.ts';

const INHERITED = ['PATH', 'HOME', 'LANG', 'TMPDIR'] as const;
/** Where commands are looked for when nobody says. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

export type BaseEnvironment = Readonly<Record<string, string | undefined>>;

export function childEnvironment(
  base: BaseEnvironment,
  declared: Readonly<Record<string, string>>,
  tag: string,
): Record<string, string> {
  const env: Record<string, string> = { PATH: DEFAULT_PATH };
  for (const name of INHERITED) {
    const value = base[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...declared, [OWNER_VARIABLE]: withTag(base[OWNER_VARIABLE], tag) };
}
