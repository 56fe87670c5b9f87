// Problems of a configuration, each on one line that editors and terminals can jump from.

import type { ApiProblem } from '@tutti/schemas';

export function problemLines(problems: readonly ApiProblem[]): string[] {
  return problems.map(({ path, line, column, field, message, severity }) => {
    const kind = severity === 'warning' ? 'warning: ' : '';
    const where = field === undefined || field === '' ? '' : `${field}: `;
    return `${path}:${line}:${column}: ${kind}${where}${message}`;
  });
}
