// Where Tutti answers as the protocol allows but not as the fixture does, so that the suite has nothing to judge. Only a
// check that is absent or neutral can be explained here: a failure or a warning never is.

import type { Revision } from './suite.ts';

export interface OtherAnswer {
  readonly scenario: string;
  readonly check: string;
  readonly reason: string;
}

const NO_POLLING =
  'The stream that the server ends early is between it and Tutti, which comes back for the rest. The client gets its ' +
  'answer in one body, so there is no stream that it would have to poll.';

export const otherAnswers: Readonly<Record<Revision, readonly OtherAnswer[]>> = {
  '2026-07-28': [],
  '2025-11-25': [
    {
      scenario: 'server-sse-multiple-streams',
      check: 'server-sse-streams-functional',
      reason: 'A list is answered at once, in one body: the suite calls event streams optional there.',
    },
    { scenario: 'server-sse-polling', check: 'server-sse-priming-event', reason: NO_POLLING },
    { scenario: 'server-sse-polling', check: 'server-sse-retry-field', reason: NO_POLLING },
    { scenario: 'server-sse-polling', check: 'server-sse-disconnect-resume', reason: NO_POLLING },
  ],
};
