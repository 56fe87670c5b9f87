// Messages between participants, and the threads that they stand in. A participant is a registered agent by its id, or a
// person: `person:NAME`, where NAME is the principal that its key stands for.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { AgentIdSchema, WordSchema } from './names.ts';

export const THREAD_STATUSES = [
  'active',
  /** One of its participants is gone for good; it can be used all the same. */
  'degraded',
  /** Nothing is written to it any more. */
  'archived',
  'closed',
] as const;

/** `must_read`: a recipient does nothing that changes anything before it has acknowledged it. */
export const MESSAGE_IMPORTANCES = ['normal', 'high', 'must_read'] as const;

/** What a content that is an object says of itself in `type`. */
export const CONTENT_TYPES = [
  'status_update',
  'task_assignment',
  'query',
  'response',
  'blocker_report',
  'knowledge_share',
  'feedback',
  'request_assistance',
  'decision_log',
  'conflict_report',
  'progress_update',
  'completion_report',
] as const;

/** Who sends what Tutti itself has to say. */
export const TUTTI_PARTICIPANT = 'tutti';
export const PERSON_PREFIX = 'person:';

/** Bytes of a content. */
export const MAX_MESSAGE_BYTES = 256 * 1024;
/** Of one message. */
export const MAX_RECIPIENTS = 1_000;
/** Of one thread. */
export const MAX_THREAD_PARTICIPANTS = 1_000;
const MAX_ATTACHMENTS = 32;
const MAX_TITLE_CHARS = 500;
const MAX_METADATA_BYTES = 16 * 1024;
/** Messages that one call acknowledges. */
const MAX_ACKED_IDS = 1_000;
/** Messages of one page. */
export const MAX_PAGE_MESSAGES = 200;
/** The longest that a thread waits for answers. */
export const MAX_CRITICAL_WAIT_MS = 600_000;

// Schemas of their own: one schema has one name in the document of the API.
export const ParticipantIdSchema = AgentIdSchema.check();
export const ThreadIdSchema = AgentIdSchema.check();
export const MessageIdSchema = AgentIdSchema.check();

/** Its members beside `type` are the sender's own. */
export const TypedContentSchema = z.looseObject({ type: z.enum(CONTENT_TYPES) });

export const ContentSchema = z.union([z.string().min(1), TypedContentSchema]);

/** As it is shown: what a later version knows besides is shown too. */
const ShownContentSchema = z.union([z.string(), z.looseObject({ type: z.string() })]);

/** Something that a message speaks of: a path, an address, the id of a file that was handed over. */
export const AttachmentSchema = z.strictObject({
  name: z.string().min(1).max(255),
  uri: z.string().min(1).max(2_000),
  media_type: z.string().max(255).optional(),
  size: z.int().min(0).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

const written = {
  content: ContentSchema,
  urgent: z.boolean().default(false),
  importance: z.enum(MESSAGE_IMPORTANCES).default('normal'),
  /** The message that this one answers. */
  reply_to: MessageIdSchema.optional(),
  attachments: z.array(AttachmentSchema).max(MAX_ATTACHMENTS).default([]),
};

/** To one participant, to several, or to all others of a thread: exactly one of the three. */
export const MessageSubmissionSchema = z.strictObject({
  sender_id: ParticipantIdSchema,
  recipient_id: ParticipantIdSchema.optional(),
  recipient_ids: z.array(ParticipantIdSchema).min(1).max(MAX_RECIPIENTS).optional(),
  thread_id: ThreadIdSchema.optional(),
  ...written,
});

export const ThreadMetadataSchema = z
  .record(WordSchema, z.json())
  .refine((value) => JSON.stringify(value).length <= MAX_METADATA_BYTES, {
    message: `must be at most ${MAX_METADATA_BYTES} bytes of JSON`,
  });

export const ThreadSubmissionSchema = z.strictObject({
  creator_id: ParticipantIdSchema,
  title: z.string().min(1).max(MAX_TITLE_CHARS),
  /** Beside the creator. */
  participants: z.array(ParticipantIdSchema).max(MAX_THREAD_PARTICIPANTS).default([]),
  initial_message: ContentSchema.optional(),
  metadata: ThreadMetadataSchema.default({}),
});

/** A thread that needs answers. */
export const CriticalThreadSchema = ThreadSubmissionSchema.extend({
  participants: z.array(ParticipantIdSchema).min(1).max(MAX_THREAD_PARTICIPANTS),
  initial_message: ContentSchema,
  /** How many participants have to answer. */
  wait_for_responses: z.int().min(1).max(MAX_THREAD_PARTICIPANTS).default(1),
  timeout_ms: z.int().min(1).max(MAX_CRITICAL_WAIT_MS).default(60_000),
});

export const AckRequestSchema = z.strictObject({
  message_ids: z.array(MessageIdSchema).min(1).max(MAX_ACKED_IDS),
});

/** The longest that one call waits: clients give up after 60 s. */
const waitSeconds = z.number().min(0).max(45).default(0);

/** Unread messages are handed out, and are read then. */
export const TakeRequestSchema = z.strictObject({
  thread_id: ThreadIdSchema.optional(),
  /** Those from then on, read or not. */
  since: z.iso.datetime({ offset: true }).optional(),
  limit: z.int().min(1).max(MAX_PAGE_MESSAGES).default(10),
  wait_seconds: waitSeconds,
});

export const ResponsesRequestSchema = z.strictObject({ wait_seconds: waitSeconds });

/** Who joins, is added, or goes; `by` whom, where it is somebody else. Left out: by an administrator. */
export const ThreadMemberSchema = z.strictObject({
  participant_id: ParticipantIdSchema,
  by: ParticipantIdSchema.optional(),
});
export const ThreadArchivalSchema = z.strictObject({ by: ParticipantIdSchema.optional() });

/** What became of a message at one recipient. */
export const ApiDeliverySchema = z.object({
  recipient_id: z.string(),
  /** Of this recipient's messages, without a gap. */
  seq: z.int(),
  /** It was handed to the recipient. */
  delivered_at: ApiTimeSchema.optional(),
  read_at: ApiTimeSchema.optional(),
  acked_at: ApiTimeSchema.optional(),
  /** It could not be delivered, and the sender was told so. */
  bounced_at: ApiTimeSchema.optional(),
  bounce_reason: z.string().optional(),
});

export const ApiMessageSchema = z.object({
  id: z.string(),
  thread_id: z.string().optional(),
  /** Of the messages of its thread, without a gap. */
  thread_seq: z.int().optional(),
  sender_id: z.string(),
  recipient_ids: z.array(z.string()),
  /** One of CONTENT_TYPES; `text` for any other content, `bounce` where a message could not be delivered. */
  type: z.string(),
  content: ShownContentSchema,
  urgent: z.boolean(),
  importance: z.enum(MESSAGE_IMPORTANCES),
  reply_to: z.string().optional(),
  attachments: z.array(AttachmentSchema),
  created_at: ApiTimeSchema,
});

/** A message as one recipient has it. */
export const ReceivedMessageSchema = ApiMessageSchema.extend({ delivery: ApiDeliverySchema });

/** What a message that could not be delivered comes back as: the content of a message of the type `bounce`. */
export const BounceSchema = z.object({
  type: z.literal('bounce'),
  message_id: z.string(),
  recipient_id: z.string(),
  reason: z.string(),
});

export const SentMessageSchema = ApiMessageSchema.extend({
  /** Recipients that it could not be delivered to; a message of Tutti says so too. */
  bounced: z.array(z.object({ recipient_id: z.string(), reason: z.string() })),
});

export const InboxSchema = z.object({
  participant_id: z.string(),
  /** Of the newest message; those of others are not counted. */
  last_seq: z.int(),
  unread: z.int(),
  unacked: z.int(),
  must_read: z.int(),
});

/** A page; a list by seq goes on after the last one that it has. */
export const ReceivedPageSchema = z.object({
  items: z.array(ReceivedMessageSchema),
  nextCursor: z.string().optional(),
  inbox: InboxSchema,
});

export const TakenSchema = z.object({ items: z.array(ReceivedMessageSchema), inbox: InboxSchema });

/** One message, with what became of it at each recipient that the reader may know of. */
export const MessageDetailsSchema = ApiMessageSchema.extend({ deliveries: z.array(ApiDeliverySchema) });

export const MessagePageSchema = z.object({
  items: z.array(ApiMessageSchema),
  nextCursor: z.string().optional(),
});

export const ApiThreadSchema = z.object({
  id: z.string(),
  title: z.string(),
  creator_id: z.string(),
  participants: z.array(z.string()),
  status: z.enum(THREAD_STATUSES),
  metadata: ThreadMetadataSchema,
  /** Messages that were ever written to it. */
  messages: z.int(),
  created_at: ApiTimeSchema,
  updated_at: ApiTimeSchema,
});

export const ThreadPageSchema = z.object({
  items: z.array(ApiThreadSchema),
  nextCursor: z.string().optional(),
});

/** What came of a thread that needs answers. */
export const CriticalAnswerSchema = z.object({
  thread: ApiThreadSchema,
  responses: z.array(ApiMessageSchema),
  wait_for_responses: z.int(),
  /** All answers are there. */
  complete: z.boolean(),
  /** The time is over, with what is there. */
  timed_out: z.boolean(),
  /** Neither: asked for again with this handle, it goes on waiting. */
  handle: z.string().optional(),
});

/** Threads in which somebody has messages that it has not acknowledged. */
export const UnackedSchema = z.object({
  participant_id: z.string(),
  /** Left out: messages outside of threads. */
  thread_id: z.string().optional(),
  count: z.int(),
});
export const UnackedRequestSchema = z.strictObject({
  participant_ids: z.array(ParticipantIdSchema).min(1).max(MAX_RECIPIENTS),
});
export const UnackedListSchema = z.object({ items: z.array(UnackedSchema) });
export const AckAnswerSchema = z.object({ acked_count: z.int() });

export type ThreadStatus = (typeof THREAD_STATUSES)[number];
export type MessageImportance = (typeof MESSAGE_IMPORTANCES)[number];
export type MessageContent = z.infer<typeof ContentSchema>;
export type Attachment = z.infer<typeof AttachmentSchema>;
export type MessageSubmission = z.infer<typeof MessageSubmissionSchema>;
export type MessageSubmissionInput = z.input<typeof MessageSubmissionSchema>;
export type ThreadSubmission = z.infer<typeof ThreadSubmissionSchema>;
export type ThreadSubmissionInput = z.input<typeof ThreadSubmissionSchema>;
export type CriticalThread = z.infer<typeof CriticalThreadSchema>;
export type ApiMessage = z.infer<typeof ApiMessageSchema>;
export type ApiDelivery = z.infer<typeof ApiDeliverySchema>;
export type SentMessage = z.infer<typeof SentMessageSchema>;
export type ReceivedMessage = z.infer<typeof ReceivedMessageSchema>;
export type ReceivedPage = z.infer<typeof ReceivedPageSchema>;
export type Taken = z.infer<typeof TakenSchema>;
export type TakeRequest = z.input<typeof TakeRequestSchema>;
export type MessageDetails = z.infer<typeof MessageDetailsSchema>;
export type CriticalThreadInput = z.input<typeof CriticalThreadSchema>;
export type MessagePage = z.infer<typeof MessagePageSchema>;
export type ApiInbox = z.infer<typeof InboxSchema>;
export type ApiThread = z.infer<typeof ApiThreadSchema>;
export type ThreadPage = z.infer<typeof ThreadPageSchema>;
export type CriticalAnswer = z.infer<typeof CriticalAnswerSchema>;
export type Unacked = z.infer<typeof UnackedSchema>;
