// The classes of requirements that tasks have, in memory. Few, however many tasks there are.

import type { Database } from '../../store/database.ts';
import { z } from 'zod';
import { parsed } from '../tasks/task-row.ts';
import type { ClassRow, TaskTables } from '../tasks/queries.ts';
import { readClasses } from '../tasks/reads.ts';
import type { TaskClass } from '../scheduling/requirements.ts';

const PAGE_ROWS = 1_000;
const WantedSchema = z.object({
  capabilities: z.array(z.string()),
  tags: z.array(z.string()),
  target: z.string().nullable(),
});

export interface Classes {
  get(id: string): TaskClass | undefined;
  all(): Iterable<TaskClass>;
  /** Those that an agent could do: without those for another one alone. */
  concerning(agentId: string): Iterable<TaskClass>;
  /** Grows when a class is added. */
  readonly version: number;
  /** Reads one that this host does not know yet. */
  refresh(): Promise<void>;
  add(taskClass: TaskClass): void;
}

export function createClasses(database: Database<object>): Classes {
  const tables = database.over<TaskTables>();
  const classes = new Map<string, TaskClass>();
  const forAnybody: TaskClass[] = [];
  const byTarget = new Map<string, TaskClass[]>();
  let version = 0;

  function add(taskClass: TaskClass): void {
    const { id, target } = taskClass;
    if (classes.has(id)) return;
    classes.set(id, taskClass);
    if (target === null) forAnybody.push(taskClass);
    else byTarget.set(target, [...(byTarget.get(target) ?? []), taskClass]);
    version += 1;
  }

  return {
    get: (id) => classes.get(id),
    all: () => classes.values(),
    *concerning(agentId) {
      yield* forAnybody;
      yield* byTarget.get(agentId) ?? [];
    },
    get version() {
      return version;
    },
    add,
    async refresh() {
      for (let after = ''; ;) {
        const page = await readClasses(tables.read, after, PAGE_ROWS);
        for (const row of page) add(classOfRow(row));
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE_ROWS) return;
        after = last.id;
      }
    },
  };
}

function classOfRow({ id, domain, wanted }: ClassRow): TaskClass {
  return { id, domain, ...parsed(WantedSchema, wanted, `the class ${id}`) };
}
