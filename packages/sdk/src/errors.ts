// How a call of the API can fail.

import type { ApiProblem } from '@tutti/schemas';

/** The API answered with a problem. `code` is stable; the message says what to do. */
export class TuttiApiError extends Error {
  readonly code: string;
  readonly status: number;
  /** Of documents that can't be declared: what is wrong where. */
  readonly problems: readonly ApiProblem[];
  /** Values that explain it. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    status: number,
    message: string,
    problems: readonly ApiProblem[] = [],
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'TuttiApiError';
    this.code = code;
    this.status = status;
    this.problems = problems;
    this.details = details;
  }
}

/** Nothing answered at the address, or what answered is not Tutti's API. */
export class TuttiUnreachableError extends Error {
  readonly url: string;

  constructor(url: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'TuttiUnreachableError';
    this.url = url;
  }
}
