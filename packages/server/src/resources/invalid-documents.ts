// Documents that can't be declared, with what is wrong where.

import { problemLine, type ApiProblem } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';

export class InvalidDocumentsError extends AppError {
  readonly problems: readonly ApiProblem[];

  constructor(problems: readonly ApiProblem[]) {
    super('invalid_config', problems.map(problemLine).join('\n'));
    this.name = 'InvalidDocumentsError';
    this.problems = problems;
  }
}
