// The tables of knowledge. What is searched for are the words of an entity, in columns of its own (words.ts); each database
// keeps its index over them by itself, so that whatever writes a row, a restored backup too, is found.

import type { ModuleMigrations } from '../../store/migration.ts';
import { sql } from '../../store/kysely.ts';

export const KNOWLEDGE_MIGRATIONS: ModuleMigrations = {
  module: 'knowledge',
  migrations: [
    {
      number: 1,
      name: 'knowledge',
      async up({ dialect, schema, types: { text, integer, real }, queries }) {
        await schema
          .createTable('knowledge_graphs')
          .addColumn('project', text, (column) => column.primaryKey())
          .addColumn('number', integer, (column) => column.notNull())
          .addColumn('last', integer, (column) => column.notNull())
          .addColumn('entities', integer, (column) => column.notNull())
          .addColumn('relations', integer, (column) => column.notNull())
          .addColumn('changed_ms', integer, (column) => column.notNull())
          .execute();
        await schema
          .createTable('knowledge_entities')
          .addColumn('id', integer, (column) => column.primaryKey())
          .addColumn('graph', integer, (column) => column.notNull())
          .addColumn('name', text, (column) => column.notNull())
          .addColumn('type', text, (column) => column.notNull())
          .addColumn('observations', text, (column) => column.notNull())
          .addColumn('metadata', text, (column) => column.notNull())
          .addColumn('bytes', integer, (column) => column.notNull())
          .addColumn('name_words', text, (column) => column.notNull())
          .addColumn('type_words', text, (column) => column.notNull())
          .addColumn('observation_words', text, (column) => column.notNull())
          .addColumn('created_by', text, (column) => column.notNull())
          .addColumn('created_ms', integer, (column) => column.notNull())
          .addColumn('changed_ms', integer, (column) => column.notNull())
          .execute();
        await schema
          .createIndex('knowledge_names')
          .on('knowledge_entities')
          .columns(['graph', 'name'])
          .unique()
          .execute();
        await schema
          .createTable('knowledge_relations')
          .addColumn('id', integer, (column) => column.primaryKey())
          .addColumn('from_id', integer, (column) =>
            column.notNull().references('knowledge_entities.id').onDelete('cascade'),
          )
          .addColumn('to_id', integer, (column) =>
            column.notNull().references('knowledge_entities.id').onDelete('cascade'),
          )
          .addColumn('type', text, (column) => column.notNull())
          .addColumn('weight', real, (column) => column.notNull())
          .addColumn('metadata', text, (column) => column.notNull())
          .addColumn('created_by', text, (column) => column.notNull())
          .addColumn('created_ms', integer, (column) => column.notNull())
          .execute();
        await schema
          .createIndex('knowledge_relations_from')
          .on('knowledge_relations')
          .columns(['from_id', 'to_id', 'type'])
          .unique()
          .execute();
        await schema
          .createIndex('knowledge_relations_to')
          .on('knowledge_relations')
          .column('to_id')
          .execute();
        for (const statement of FULL_TEXT[dialect]) await sql.raw(statement).execute(queries());
      },
    },
  ],
};

const FULL_TEXT = {
  sqlite: [
    `create virtual table knowledge_words using fts5(
      name, type, observations, content='', contentless_delete=1, tokenize='ascii')`,
    `create trigger knowledge_words_added after insert on knowledge_entities begin
      insert into knowledge_words (rowid, name, type, observations)
      values (new.id, new.name_words, new.type_words, new.observation_words);
    end`,
    `create trigger knowledge_words_changed
      after update of name_words, type_words, observation_words on knowledge_entities begin
      update knowledge_words
      set name = new.name_words, type = new.type_words, observations = new.observation_words
      where rowid = new.id;
    end`,
    `create trigger knowledge_words_gone after delete on knowledge_entities begin
      delete from knowledge_words where rowid = old.id;
    end`,
  ],
  postgres: [
    // The words of name and type stand there a second time, as other words: the index tells no weights apart.
    `alter table knowledge_entities add column words tsvector generated always as (
      setweight(to_tsvector('pg_catalog.simple', name_words), 'A') ||
      setweight(to_tsvector('pg_catalog.simple', type_words), 'B') ||
      setweight(to_tsvector('pg_catalog.simple', observation_words), 'D') ||
      setweight(to_tsvector('pg_catalog.simple',
        replace(' ' || name_words || ' ' || type_words, ' g', ' t')), 'C')) stored`,
    // Without a list of what is not in it yet: that would be gone through by each search.
    `create index knowledge_words on knowledge_entities using gin (words) with (fastupdate = off)`,
  ],
} as const;
