// Where coordination is crashed: around every commit that it makes. One list; the test fails when coordination makes a
// commit that is not in it, or makes one of these no more.

export const MOMENTS = [
  /** Everything is written and nothing committed. */
  'before the commit',
  /** It is on disk; nobody in the process knows. */
  'after the commit',
  /** Memory has it; no other host was told, and who asked for it has no answer. */
  'before others are told',
] as const;

export type Moment = (typeof MOMENTS)[number];

/** The commits of each scenario (scenarios.ts), by what they change; the number counts those of one kind. */
export const COMMITS = {
  'a task is done': [
    'agent registered 1',
    'task submit 1',
    'task assign 1',
    'task start 1',
    'task progress 1',
    'task complete 1',
  ],
  'a task needs another': [
    'agent registered 1',
    'task submit 1',
    'task submit 2',
    'task assign 1',
    'task complete 1',
    'task recheck 1',
  ],
  'an attempt fails and is tried again': [
    'agent registered 1',
    'task submit 1',
    'task assign 1',
    'task fail 1',
    'task recheck 1',
    'task assign 2',
    'task release 1',
  ],
  'a person is asked': [
    'agent registered 1',
    'task submit 1',
    'task assign 1',
    'task ask 1',
    'task answer 1',
  ],
  'an agent leaves': [
    'agent registered 1',
    'task submit 1',
    'task submit 2',
    'task assign 1',
    'task assign 2',
    'task start 1',
    'agent Terminating 1',
    'task expire 1',
    'agent removed 1',
  ],
  'an agent falls silent and is heard again': [
    'agent registered 1',
    'task submit 1',
    'task assign 1',
    'task start 1',
    'agent Unknown 1',
    'task expire 1',
    'agent Ready 1',
  ],
  'people change their minds': [
    'task submit 1',
    'task submit 2',
    'task cancel 1',
    'task give_up 1',
    'task retry 1',
  ],
  'nobody could ever do it': ['agent registered 1', 'task submit 1', 'task give_up 1'],
  'an agent says how it is': [
    'agent registered 1',
    'agent reported 1',
    'agent NotReady 1',
    'agent Ready 1',
    'beats 1',
  ],
} as const satisfies Record<string, readonly string[]>;

export type ScenarioName = keyof typeof COMMITS;

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(COMMITS, name);
}

export const SCENARIO_NAMES: readonly ScenarioName[] = Object.keys(COMMITS).filter(isScenario);

export interface CrashPoint {
  readonly scenario: ScenarioName;
  readonly commit: string;
  readonly moment: Moment;
}

/** What nobody is told of: every host reads beats when it needs them. */
const UNTOLD: readonly string[] = ['beats 1'];

/** How scenarios begin: crashed in the first of them alone. */
const BEGINNING: readonly string[] = COMMITS['a task is done'].slice(0, 4);

export const CRASH_POINTS: readonly CrashPoint[] = SCENARIO_NAMES.flatMap((scenario) =>
  COMMITS[scenario]
    .filter((commit) => scenario === 'a task is done' || !BEGINNING.includes(commit))
    .flatMap((commit) =>
      MOMENTS.filter((moment) => moment !== 'before others are told' || !UNTOLD.includes(commit)).map(
        (moment) => ({ scenario, commit, moment }),
      ),
    ),
);
