// What messages are bounded by, beside the limits of their schemas.

/** Messages that a participant has not read; what comes then bounces. */
export const MAX_UNREAD = 10_000;
/** Threads that a participant is in. */
export const MAX_THREADS_OF_ONE = 10_000;
/** Bytes of content that one answer hands out; the next one goes on. One message always fits. */
export const MAX_ANSWER_BYTES = 256 * 1024;
/** Bytes of attachments of one message. */
export const MAX_ATTACHMENT_BYTES = 64 * 1024;
/** Must-read messages that a notice names; there may be more. */
export const MAX_TOLD_MUST_READ = 10;
/** Sends, or marks, that one transaction takes. */
export const MAX_MAIL_BATCH = 128;
/** Sends, or marks, that wait for a transaction; one more is refused. */
export const MAX_WAITING_MAIL = 10_000;
/** How long a message can be looked at. What nobody read by then goes back to its sender. */
export const KEEP_MESSAGES_MS = 30 * 24 * 60 * 60_000;
