// What Tutti says of an agent beyond a card, as an extension of A2A: others may leave it unread.

export const REGISTRATION_EXTENSION = 'https://tutti.dev/a2a/registration/v1';
