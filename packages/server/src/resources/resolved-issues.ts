// What can be judged only when variables are resolved. The messages never show a value: it may be a secret. Pure.

import type { FieldIssue, McpServerSpec, Origin } from '@tutti/schemas';

/** Why a spec with resolved variables can't be launched or dialled; empty when it can. */
export function resolvedIssues(spec: McpServerSpec): readonly FieldIssue[] {
  const issues: FieldIssue[] = [];
  const { command, url, args, env, headers } = spec;
  if (command === '')
    issues.push({ path: ['command'], message: 'empty once its variables are resolved; set them' });
  if (url !== undefined && !isHttpUrl(url))
    issues.push({
      path: ['url'],
      message: 'no `http://` or `https://` url once its variables are resolved; correct them',
    });
  for (const [name, value] of Object.entries(headers))
    if (/[\r\n\0]/.test(value))
      issues.push({
        path: ['headers', name],
        message: 'more than one line once its variables are resolved; correct them',
      });
  const texts: [readonly (string | number)[], string][] = [
    [['command'], command ?? ''],
    ...args.map((arg, index): [(string | number)[], string] => [['args', index], arg]),
    ...Object.entries(env).map(([name, value]): [string[], string] => [['env', name], value]),
  ];
  for (const [path, text] of texts)
    if (text.includes('\0'))
      issues.push({ path, message: 'holds a NUL character, which no process takes; remove it' });
  return issues;
}

/** What to do about a variable that nothing gives a value. */
export function unresolvedMessage(name: string, origin?: Origin): string {
  if (name.startsWith('${'))
    return `\`${name}\` is not a variable; write \`\${NAME}\`, \`\${NAME:-default}\`, or \`$\${\` for the characters themselves`;
  if (origin?.kind === 'git')
    return `the variable ${name} has no value for servers of \`${origin.source}\`; add it to \`envAllow\` of that Source (--env-allow) and set it before Tutti starts, or write a default: \`\${${name}:-…}\``;
  if (origin?.kind === 'api')
    return `the variable ${name} has no value for what is declared over the API; add it to \`apiEnvAllow\` of a Gateway in the files and set it before Tutti starts, or write a default: \`\${${name}:-…}\``;
  return `the variable ${name} is not set; set it before Tutti starts, or write a default: \`\${${name}:-…}\``;
}

function isHttpUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
