// The store's own tables: its clock, guards of what is true of many rows, leases of leaders, and the hosts that use it.

import type { ModuleMigrations } from './migration.ts';

export interface GuardTables {
  store_guards: { name: string; version: number };
}

export interface LeaseTables {
  store_leases: LeaseRow;
}

export interface LeaseRow {
  name: string;
  /** One more for each term. */
  epoch: number;
  holder: string;
  expires_at_ms: number;
}

export interface ReplicaTables {
  store_replicas: ReplicaRow;
}

export interface ReplicaRow {
  /** Of one state folder, over its restarts. */
  replica: string;
  /** One more for each start. */
  epoch: number;
  holder: string;
  started_at_ms: number;
  seen_at_ms: number;
}

export const STORE_TABLES: ModuleMigrations = {
  module: 'store',
  migrations: [
    {
      number: 1,
      name: 'clock',
      async up({ schema, types }) {
        await schema
          .createTable('store_clock')
          .addColumn('id', types.integer, (column) => column.primaryKey())
          .addColumn('floor_ms', types.integer, (column) => column.notNull())
          .execute();
      },
    },
    {
      number: 2,
      name: 'several hosts',
      async up({ schema, types }) {
        await schema
          .createTable('store_guards')
          .addColumn('name', types.text, (column) => column.primaryKey())
          .addColumn('version', types.integer, (column) => column.notNull())
          .execute();
        await schema
          .createTable('store_leases')
          .addColumn('name', types.text, (column) => column.primaryKey())
          .addColumn('epoch', types.integer, (column) => column.notNull())
          .addColumn('holder', types.text, (column) => column.notNull())
          .addColumn('expires_at_ms', types.integer, (column) => column.notNull())
          .execute();
        await schema
          .createTable('store_replicas')
          .addColumn('replica', types.text, (column) => column.primaryKey())
          .addColumn('epoch', types.integer, (column) => column.notNull())
          .addColumn('holder', types.text, (column) => column.notNull())
          .addColumn('started_at_ms', types.integer, (column) => column.notNull())
          .addColumn('seen_at_ms', types.integer, (column) => column.notNull())
          .execute();
      },
    },
  ],
};
