// What Tutti says of an agent beyond a card, as extensions of A2A: others may leave them unread.

/** The agent as it is registered. */
export const REGISTRATION_EXTENSION = 'https://tutti.dev/a2a/registration/v1';
/** What it has shown. An import leaves it unread: nobody speaks for its own success. */
export const MEASURED_EXTENSION = 'https://tutti.dev/a2a/measured/v1';
/** How an agent is given work by Tutti: as a task, over its HTTP API. */
export const TASKS_BINDING = 'https://tutti.dev/a2a/tasks/v1';
