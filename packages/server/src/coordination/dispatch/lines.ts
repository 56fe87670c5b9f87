// The first tasks of each line, as this host knows them, so that a round seldom reads. What is committed here is entered at
// once; of what other hosts do it hears by hints, and then reads again. A task that stands here and was taken elsewhere
// costs whoever claims it one refusal.

import type { TaskClass } from '../scheduling/requirements.ts';
import { byRank, type WaitingTask } from '../scheduling/schedule.ts';
import { specOf, type TaskRow } from '../tasks/task-row.ts';
import type { HeadRow } from '../tasks/reads.ts';

/** Tasks of one line that are read at once. */
const READ_TASKS = 256;
/** Tasks of one line that are kept. */
const MAX_KEPT_TASKS = 1_024;
/** Lines that are kept; the one looked at longest ago goes. */
const MAX_KEPT_LINES = 1_000;
/** Lines that one statement looks at. */
const MAX_READ_LINES = 50;

export interface Lines {
  /** At least `count` of each line, where there are so many; the first ones, in their order. */
  heads(classes: readonly TaskClass[], count: number): Promise<readonly WaitingTask[]>;
  /** Nothing stands in it but those, as far as this host knows. */
  hasOnly(classId: string, isOne: (taskId: string) => boolean): boolean;
  /** A task as it is now. */
  enter(row: TaskRow, taskClass: TaskClass | undefined): void;
  /** Others may have changed anything. */
  forget(): void;
}

interface Line {
  tasks: WaitingTask[];
  /** Nothing stands behind them. */
  isWhole: boolean;
}

/** What was entered while a line was read. */
type Entry = { readonly id: string; readonly task: WaitingTask | undefined };

export function createLines(
  readHeads: (classIds: readonly string[], limit: number) => Promise<readonly HeadRow[]>,
): Lines {
  const lines = new Map<string, Line>();
  /** Lines that are being read, with what was entered meanwhile. */
  const reading = new Map<string, Entry[]>();
  let forgotten = 0;

  async function read(classes: readonly TaskClass[], count: number): Promise<readonly WaitingTask[]> {
    const limit = Math.max(READ_TASKS, count);
    const before = forgotten;
    for (const { id } of classes) reading.set(id, []);
    try {
      const rows = await readHeads(
        classes.map(({ id }) => id),
        limit,
      );
      const byClass = Map.groupBy(rows, ({ class_id }) => class_id);
      return classes.flatMap((taskClass) => {
        const heads = byClass.get(taskClass.id) ?? [];
        const line: Line = {
          tasks: heads.map((row) => waitingTask(row, taskClass)).toSorted(byRank),
          isWhole: heads.length < limit,
        };
        for (const entry of reading.get(taskClass.id) ?? []) put(line, entry);
        // What others did meanwhile may be missing: then it is good for this look alone.
        if (forgotten === before) keep(taskClass.id, line);
        return line.tasks.slice(0, count);
      });
    } finally {
      for (const { id } of classes) reading.delete(id);
    }
  }

  function keep(id: string, line: Line): void {
    lines.delete(id);
    lines.set(id, line);
    const [oldest] = lines.keys();
    if (lines.size > MAX_KEPT_LINES && oldest !== undefined) lines.delete(oldest);
  }

  return {
    async heads(classes, count) {
      const found: WaitingTask[] = [];
      const missing = classes.filter(({ id }) => {
        const line = lines.get(id);
        if (line === undefined || (!line.isWhole && line.tasks.length < count)) return true;
        keep(id, line);
        found.push(...line.tasks.slice(0, count));
        return false;
      });
      for (let at = 0; at < missing.length; at += MAX_READ_LINES)
        found.push(...(await read(missing.slice(at, at + MAX_READ_LINES), count)));
      return found;
    },
    hasOnly(classId, isOne) {
      const line = lines.get(classId);
      return line !== undefined && line.isWhole && line.tasks.every(({ id }) => isOne(id));
    },
    enter(row, taskClass) {
      const task = row.ready === 1 && taskClass !== undefined ? waitingTask(row, taskClass) : undefined;
      const entry = { id: row.id, task };
      reading.get(row.class_id)?.push(entry);
      const line = lines.get(row.class_id);
      if (line !== undefined) put(line, entry);
    },
    forget() {
      forgotten += 1;
      lines.clear();
    },
  };
}

function put(line: Line, { id, task }: Entry): void {
  const at = line.tasks.findIndex((known) => known.id === id);
  if (at >= 0) line.tasks.splice(at, 1);
  if (task === undefined) return;
  const behind = line.tasks.findIndex((known) => byRank(task, known) < 0);
  // Behind all that are known of a line that goes on it has its place among those that are not.
  if (behind < 0 && !line.isWhole) return;
  line.tasks.splice(behind < 0 ? line.tasks.length : behind, 0, task);
  if (line.tasks.length <= MAX_KEPT_TASKS) return;
  line.tasks.length = READ_TASKS;
  line.isWhole = false;
}

function waitingTask(row: HeadRow, taskClass: TaskClass): WaitingTask {
  return { id: row.id, rankMs: row.rank_ms, taskClass, preferredTags: specOf(row).preferredTags };
}
