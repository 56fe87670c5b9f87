// A database that tells of each commit what it changes, before and after it: tests crash there. The product knows nothing
// of it.

import type { Database, Transaction } from '../../../src/store/database.ts';
import type { AgentTables } from '../../../src/coordination/agents/agent-row.ts';
import type { TaskTables } from '../../../src/coordination/tasks/queries.ts';
import type { Moment } from './points.ts';

type Tables = TaskTables & AgentTables;
/** Synchronous: nothing else happens meanwhile. */
export type Reach = (commit: string, moment: Moment) => void;

interface Seen {
  readonly lines: ReadonlySet<string>;
  readonly agents: ReadonlyMap<string, { readonly phase: string; readonly version: number }>;
  readonly beats: string;
}

const NOTHING: Seen = { lines: new Set(), agents: new Map(), beats: '' };

/** For a store that is empty, and work that is done one after the other. */
export function watchedDatabase(database: Database<object>, reach: Reach): Database<object> {
  const counts = new Map<string, number>();
  /** Committed; others were not told yet. */
  let untold: string[] = [];
  let seen = NOTHING;

  function over<Others>(inner: Database<Others>): Database<Others> {
    return {
      ...inner,
      get host() {
        return inner.host;
      },
      feed: {
        listen: (...args) => inner.feed.listen(...args),
        notify(topic) {
          for (const commit of untold.splice(0)) reach(commit, 'before others are told');
          inner.feed.notify(topic);
        },
      },
      async transaction(work, options) {
        let found = NOTHING;
        let commits: readonly string[] = [];
        const result = await inner.transaction(async (tx) => {
          const last: Promise<unknown>[] = [];
          const done = await work(withLast(tx, (statements) => last.push(...statements)));
          await Promise.all(last);
          found = await look(tx.over<Tables>());
          commits = changesOf(seen, found).map((change) => `${change} ${(counts.get(change) ?? 0) + 1}`);
          for (const commit of commits) reach(commit, 'before the commit');
          return done;
        }, options);
        seen = found;
        for (const commit of commits) {
          const [, change = '', count] = /^(.*) (\d+)$/.exec(commit) ?? [];
          counts.set(change, Number(count));
          reach(commit, 'after the commit');
        }
        untold.push(...commits);
        return result;
      },
      over: <More>() => over(inner.over<More>()),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    };
  }

  return over(database);
}

/** The same transaction, whose last statements are told of instead of sent with the commit. */
function withLast<Seen>(tx: Transaction<Seen>, last: Transaction<Seen>['last']): Transaction<Seen> {
  return new Proxy(tx, {
    get(target, name) {
      if (name === 'last') return last;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

async function look(tx: Transaction<Tables>): Promise<Seen> {
  const lines = await tx.selectFrom('tasks_history').select(['task_id', 'version', 'event']).execute();
  const agents = await tx.selectFrom('agents_agents').select(['id', 'phase', 'version']).execute();
  const beats = await tx.selectFrom('agents_beats').selectAll().orderBy('agent_id').execute();
  return {
    lines: new Set(lines.map(({ task_id, version, event }) => `${task_id} ${version} ${event}`)),
    agents: new Map(agents.map(({ id, ...agent }) => [id, agent])),
    beats: JSON.stringify(beats),
  };
}

function changesOf(before: Seen, after: Seen): readonly string[] {
  const changes = new Set<string>();
  for (const line of after.lines.difference(before.lines)) changes.add(`task ${line.split(' ')[2]}`);
  for (const [id, { phase, version }] of after.agents) {
    const known = before.agents.get(id);
    if (known === undefined) changes.add('agent registered');
    else if (known.phase !== phase) changes.add(`agent ${phase}`);
    else if (known.version !== version) changes.add('agent reported');
  }
  for (const id of before.agents.keys()) if (!after.agents.has(id)) changes.add('agent removed');
  if (changes.size === 0 && before.beats !== after.beats) changes.add('beats');
  return [...changes];
}
