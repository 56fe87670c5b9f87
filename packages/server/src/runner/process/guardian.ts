// Ends our processes when we can't: a detached shell that holds a pipe to us. When the pipe closes without a farewell
// (kill -9, a crash), it kills the groups that it was told of, then whatever carries the tag of this run, until
// nothing is left, and ends. One guardian serves all processes (1.7 MB in all instead of each); it is told of groups
// as they come and go, so that a process id that was reused is never killed.
// Without /proc (macOS) it knows groups only. It can itself be killed: then the next one takes over.

import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '../../kernel/clock.ts';

const RESTART_DELAY_MS = 1_000;
const SHELL = '/bin/sh';

// `kill -s KILL --` and not `kill -9 --`: dash refuses the latter for a group. A scan that finds nothing is repeated,
// because a process between fork and exec does not carry its tag yet. grep -F takes the tag as it is.
const SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r verb group; do
  case $verb in
    add) groups="$groups$group " ;;
    del) case $groups in *" $group "*) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;; esac ;;
    bye) exit 0 ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
[ -d /proc/self ] || exit 0
quiet=0 rounds=0 pause=0.1
while [ $quiet -lt 5 ]; do
  quiet=$((quiet + 1)) rounds=$((rounds + 1))
  [ $rounds -lt 100 ] || pause=5
  for file in $(grep -lF -e "$1" /proc/[0-9]*/environ); do
    process=\${file#/proc/}
    kill -s KILL "\${process%/environ}" && quiet=0
  done
  sleep $pause
done
`;

export interface Guardian extends AsyncDisposable {
  add(group: number): void;
  remove(group: number): void;
}

export interface GuardianDeps {
  /** How the tags of this run begin. */
  readonly tagPrefix: string;
  /** Where grep and sleep are found. */
  readonly path: string;
  readonly clock: Clock;
  readonly events: {
    guardianLost(reason: string): void;
    guardianUnavailable(reason: string): void;
  };
}

export function createGuardian({ tagPrefix, path, clock, events }: GuardianDeps): Guardian {
  const groups = new Set<number>();
  let shell: ChildProcess | undefined;
  let restart: Disposable | undefined;
  let disposed = false;

  function tell(text: string): void {
    shell?.stdin?.write(text);
  }

  function startShell(): void {
    restart = undefined;
    const started = spawn(SHELL, ['-c', SCRIPT, 'tutti-guardian', tagPrefix], {
      cwd: '/',
      detached: true,
      env: { PATH: path },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    shell = started;
    started.once('error', (error) => {
      shell = undefined;
      events.guardianUnavailable(error.message);
    });
    started.once('exit', (code, signal) => {
      shell = undefined;
      if (disposed) return;
      events.guardianLost(signal ?? `exit code ${code}`);
      restart = clock.after(RESTART_DELAY_MS, startShell);
    });
    // Writing to a guardian that has just ended: its exit follows and is dealt with.
    started.stdin?.on('error', () => {});
    tell([...groups].map((group) => `add ${group}\n`).join(''));
  }

  return {
    add(group) {
      groups.add(group);
      if (shell === undefined && restart === undefined) startShell();
      else tell(`add ${group}\n`);
    },
    remove(group) {
      groups.delete(group);
      tell(`del ${group}\n`);
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      restart?.[Symbol.dispose]();
      const last = shell;
      if (last === undefined) return;
      if (groups.size > 0) {
        // Something does not die: the end of the pipe leaves it to the guardian, which we don't wait for.
        last.unref();
        last.stdin?.end();
        return;
      }
      const ended = new Promise((resolve) => {
        last.once('exit', resolve);
        last.once('error', resolve);
      });
      last.stdin?.end('bye\n');
      await ended;
    },
  };
}
