import { sql } from '../../store/kysely.ts';
import type { ModuleMigrations } from '../../store/migration.ts';

export const MESSAGE_MIGRATIONS: ModuleMigrations = {
  module: 'messages',
  migrations: [
    {
      number: 1,
      name: 'messages',
      async up({ schema, types: { text, integer } }) {
        await schema
          .createTable('messages_threads')
          .addColumn('id', text, (column) => column.primaryKey())
          .addColumn('title', text, (column) => column.notNull())
          .addColumn('creator_id', text, (column) => column.notNull())
          .addColumn('status', text, (column) => column.notNull())
          .addColumn('metadata', text, (column) => column.notNull())
          .addColumn('last_seq', integer, (column) => column.notNull())
          .addColumn('created_ms', integer, (column) => column.notNull())
          .addColumn('updated_ms', integer, (column) => column.notNull())
          .execute();
        await schema
          .createTable('messages_participants')
          .addColumn('thread_id', text, (column) => column.notNull())
          .addColumn('participant_id', text, (column) => column.notNull())
          .addColumn('joined_ms', integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('messages_participants_key', ['thread_id', 'participant_id'])
          .execute();
        await schema
          .createIndex('messages_participants_threads')
          .on('messages_participants')
          .columns(['participant_id', 'thread_id'])
          .execute();
        await schema
          .createTable('messages_messages')
          .addColumn('id', text, (column) => column.primaryKey())
          .addColumn('thread_id', text)
          .addColumn('thread_seq', integer)
          .addColumn('sender_id', text, (column) => column.notNull())
          .addColumn('recipients', text, (column) => column.notNull())
          .addColumn('type', text, (column) => column.notNull())
          .addColumn('content', text, (column) => column.notNull())
          .addColumn('is_object', integer, (column) => column.notNull())
          .addColumn('attachments', text, (column) => column.notNull())
          .addColumn('urgent', integer, (column) => column.notNull())
          .addColumn('importance', text, (column) => column.notNull())
          .addColumn('reply_to', text)
          .addColumn('created_ms', integer, (column) => column.notNull())
          .execute();
        await schema
          .createIndex('messages_messages_thread')
          .on('messages_messages')
          .columns(['thread_id', 'thread_seq'])
          .execute();
        await schema
          .createIndex('messages_messages_created')
          .on('messages_messages')
          .columns(['created_ms'])
          .execute();
        await schema
          .createTable('messages_deliveries')
          .addColumn('recipient_id', text, (column) => column.notNull())
          .addColumn('seq', integer, (column) => column.notNull())
          .addColumn('message_id', text, (column) => column.notNull())
          .addColumn('thread_id', text)
          .addColumn('sender_id', text, (column) => column.notNull())
          .addColumn('must_read', integer, (column) => column.notNull())
          .addColumn('created_ms', integer, (column) => column.notNull())
          .addColumn('delivered_ms', integer)
          .addColumn('read_ms', integer)
          .addColumn('acked_ms', integer)
          .addColumn('bounced_ms', integer)
          .addColumn('bounce_reason', text)
          .addColumn('ended_ms', integer)
          .addPrimaryKeyConstraint('messages_deliveries_key', ['recipient_id', 'seq'])
          .execute();
        await schema
          .createIndex('messages_deliveries_message')
          .on('messages_deliveries')
          .columns(['message_id', 'recipient_id'])
          .unique()
          .execute();
        // Small ones, of what is still to be done.
        await schema
          .createIndex('messages_deliveries_unread')
          .on('messages_deliveries')
          .columns(['recipient_id', 'seq'])
          .where(sql<boolean>`read_ms is null and ended_ms is null`)
          .execute();
        await schema
          .createIndex('messages_deliveries_open')
          .on('messages_deliveries')
          .columns(['recipient_id', 'thread_id'])
          .where(sql<boolean>`ended_ms is null`)
          .execute();
        await schema
          .createIndex('messages_deliveries_must_read')
          .on('messages_deliveries')
          .columns(['recipient_id', 'seq'])
          .where(sql<boolean>`ended_ms is null and must_read = 1`)
          .execute();
        await schema
          .createTable('messages_inboxes')
          .addColumn('participant_id', text, (column) => column.primaryKey())
          .addColumn('registered_ms', integer, (column) => column.notNull())
          .addColumn('last_seq', integer, (column) => column.notNull())
          .addColumn('since_seq', integer, (column) => column.notNull())
          .addColumn('unread', integer, (column) => column.notNull())
          .addColumn('unacked', integer, (column) => column.notNull())
          .addColumn('must_read', integer, (column) => column.notNull())
          .addColumn('threads', integer, (column) => column.notNull())
          .addColumn('changed_ms', integer, (column) => column.notNull())
          .addColumn('version', integer, (column) => column.notNull())
          .execute();
        await schema
          .createIndex('messages_inboxes_changed')
          .on('messages_inboxes')
          .columns(['changed_ms'])
          .execute();
      },
    },
  ],
};
