// The git command line: no shell, no prompts, no hooks, no helpers that a url could name; a time and a size for
// everything. Credentials, proxies and ssh are those that the user's own git has. Every command is the leader of a group
// without a terminal, so that ssh can't ask there either; when its time is over it is ended with all that it started.

import { spawn } from 'node:child_process';
import { DRAIN_MS, MAX_OUTPUT_BYTES } from './limits.ts';

export interface GitRun {
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Written to stdin. */
  readonly input?: string;
  readonly maxOutputBytes?: number;
}

/** A failure is expected and has words; they may hold the url that was given. */
export type GitResult =
  | { readonly kind: 'done'; readonly stdout: Buffer }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** Whether git itself gave up, and not we. */
      readonly isVerdict: boolean;
    };

export type Git = (args: readonly string[], run: GitRun) => Promise<GitResult>;

export interface GitDeps {
  /** What git runs with. Variables that say where a repository is are left out. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

const SETTINGS: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.logAllRefUpdates': 'false',
  'submodule.recurse': 'false',
  'protocol.ext.allow': 'never',
  // What is not in force is not kept, and nothing goes on in the background.
  'gc.pruneExpire': 'now',
  'gc.autoDetach': 'false',
  'maintenance.autoDetach': 'false',
};

/** They would have it work on another repository, or talk of secrets on stderr. */
const NOT_INHERITED =
  /^GIT_(?:DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|CEILING_DIRECTORIES|TEMPLATE_DIR|CURL_VERBOSE|TRACE.*)$/;

export function createGit({ environment, signal }: GitDeps): Git {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(environment)) if (!NOT_INHERITED.test(name)) env[name] = value;
  Object.assign(env, {
    GIT_TERMINAL_PROMPT: '0',
    GCM_INTERACTIVE: 'never',
    GIT_LITERAL_PATHSPECS: '1',
    LC_ALL: 'C',
  });
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

  return (args, { cwd, timeoutMs, input, maxOutputBytes = MAX_OUTPUT_BYTES }) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(failed('tutti is stopping'));
      const child = spawn('git', [...settings, ...args], { cwd, env, detached: true, stdio: 'pipe' });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let size = 0;
      let ending: string | undefined;
      const end = (reason: string): void => {
        if (ending !== undefined) return;
        ending = reason;
        kill(child.pid);
      };
      const take = (into: Buffer[]) => (chunk: Buffer) => {
        size += chunk.length;
        if (size <= maxOutputBytes) into.push(chunk);
        else end(`git says more than ${maxOutputBytes} bytes`);
      };
      const timer = setTimeout(() => end(`no end of it within ${timeoutMs / 1_000} s`), timeoutMs);
      const stop = (): void => end('tutti is stopping');
      signal.addEventListener('abort', stop, { once: true });
      let draining: NodeJS.Timeout | undefined;
      const finish = (result: GitResult): void => {
        clearTimeout(timer);
        clearTimeout(draining);
        signal.removeEventListener('abort', stop);
        resolve(result);
      };
      child.stdout.on('data', take(stdout));
      child.stderr.on('data', take(stderr));
      // It may end before it has read everything; how it ended tells.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      // What git left in the background, like a shared connection of ssh, may hold its output open.
      child.once('exit', () => {
        draining = setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        }, DRAIN_MS);
      });
      child.once('error', (error) => finish(failed(startFailure(error))));
      child.once('close', (code, killedBy) => {
        if (ending !== undefined) return finish(failed(ending));
        if (code === 0) return finish({ kind: 'done', stdout: Buffer.concat(stdout) });
        const reason = lastWords(Buffer.concat(stderr).toString()) ?? `git ended with ${code ?? killedBy}`;
        finish({ kind: 'failed', reason, isVerdict: true });
      });
    });
}

function failed(reason: string): GitResult {
  return { kind: 'failed', reason, isVerdict: false };
}

function startFailure(error: Error): string {
  const isMissing = 'code' in error && error.code === 'ENOENT';
  return isMissing ? 'git was not found; install it' : `git can't be started: ${error.message}`;
}

/** With whatever it started; it leads a group of its own. */
function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** The lines that say why, without what git always says beside them. */
function lastWords(stderr: string): string | undefined {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => /^(?:fatal|error|remote|ssh|git@)\b/i.test(line));
  const words = (telling.length > 0 ? telling : lines.slice(-3)).map((line) =>
    line.replace(/^(?:fatal|error): /, '').trim(),
  );
  return words.length === 0 ? undefined : [...new Set(words)].join('; ');
}
