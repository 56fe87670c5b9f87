// `tutti up [PATH]`: runs everything until it is interrupted.

import { problemLine, type ApiProblem, type ApiServer } from '@tutti/schemas';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CliContext, isInteractive } from '../context.ts';
import { fromHere } from '../declarations.ts';
import { EXIT } from '../exit-codes.ts';
import { CliError, reportError } from '../report-error.ts';
import { createScreen, type Screen } from '../up/screen.ts';
import { changeKey, changeLine, introLines, liveLines, removalLine } from '../up/render.ts';

/** The table is drawn at most this often, and at least this often while something counts down. */
const REDRAW_MS = 250;

interface UpOptions {
  readonly port: number;
  readonly host: string;
  readonly state?: string;
  readonly insecureOpen?: true;
  readonly whileAttached?: true;
  readonly git?: string;
  readonly branch?: string;
  readonly path?: string;
  readonly interval?: string;
  readonly envAllow?: readonly string[];
}

/** What makes sense beside --git only. */
const OF_GIT = ['branch', 'path', 'interval', 'envAllow'] as const;

export function registerUp(program: Command, context: CliContext): void {
  program
    .command('up')
    .argument('[path]', 'a file or folder (tutti.yaml and tutti/ here, else .mcp.json)')
    .description('run all servers behind one MCP endpoint')
    .option('-p, --port <port>', 'where to listen', parsePort, 7400)
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--state <dir>', 'where to keep state')
    .option('--git <url>', 'take the declarations from a repository instead of a path')
    .option('--branch <name>', 'its branch (what its HEAD points to)')
    .option('--path <path>', 'a folder or file inside of it (all of it)')
    .option('--interval <duration>', 'how often to ask it for news (5m)')
    .option('--env-allow <names...>', 'variables of the environment that its declarations may use')
    .option('--insecure-open', 'allow an address that others can reach, without authentication')
    .addOption(new Option('--while-attached', 'end when no `tutti stdio` is attached any more').hideHelp())
    .action((path: string | undefined, options: UpOptions) => up(context, path, options));
}

async function up(context: CliContext, path: string | undefined, options: UpOptions): Promise<void> {
  const { stdout, stderr, signal } = context;
  const git = gitOptions(options);
  const screen = isInteractive(context) ? createScreen(stdout) : undefined;
  const { startHost } = await import('@tutti/server/app');
  const host = await startHost({
    path,
    git,
    port: options.port,
    host: options.host,
    signal,
    statePath: options.state ?? context.env['TUTTI_STATE'],
    insecureOpen: options.insecureOpen ?? false,
    whileAttached: options.whileAttached ?? false,
    // On one terminal with the table the log has to keep clear of it.
    terminal: screen !== undefined && stderr.isTTY ? { write: (text) => screen.above(text) } : undefined,
  });
  context.outliveStdout();
  stdout.write(`${introLines(host.mcpUrl).join('\n')}\n`);
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const shown: Shown = {
    servers: () => host.servers(),
    problems: () => host.problems().map((problem) => fromHere(context, problem)),
    onChange: (listener) => host.onChange(listener),
  };
  {
    using _hangup = onHangup(context, () => host.reload());
    using _shown = screen === undefined ? showChanges(context, shown) : showTable(context, screen, shown);
    await Promise.race([interrupted, host.closed]);
  }
  stdout.write('Stopping. Ctrl-C again stops at once.\n');
  await host.close();
}

function gitOptions({ git, branch, path, interval, envAllow }: UpOptions) {
  const given = { branch, path, interval, envAllow };
  if (git !== undefined) return { url: git, ...given };
  const stray = OF_GIT.find((name) => given[name] !== undefined);
  if (stray === undefined) return undefined;
  const flag = stray === 'envAllow' ? 'env-allow' : stray;
  throw new CliError(EXIT.usage, `--${flag} says more about --git, which is not given.`, [
    `Name the repository too: tutti up --git URL --${flag} …`,
  ]);
}

/** Without a terminal, as of a service, SIGHUP asks for a fresh look. A terminal sends it when it is closed. */
function onHangup(context: CliContext, reload: () => Promise<void>): Disposable {
  if (context.stdin.isTTY || context.stdout.isTTY) return { [Symbol.dispose]() {} };
  return context.onHangup(() => {
    reload().catch((error: unknown) => void reportError(error, context));
  });
}

/** What is shown of a running host. */
interface Shown {
  servers(): readonly ApiServer[];
  problems(): readonly ApiProblem[];
  onChange(listener: () => void): Disposable;
}

function showTable({ stdout }: CliContext, screen: Screen, host: Shown): Disposable {
  const draw = (): void => {
    // A terminal that does not know its size says 0.
    const room = {
      columns: stdout.columns || 80,
      rows: stdout.rows || 24,
      nowMs: Date.now(),
      stream: stdout,
    };
    const lines = liveLines(host.servers(), host.problems(), room);
    const text = lines.join('\n');
    if (text !== drawn) screen.draw(lines);
    drawn = text;
  };
  let drawn = '';
  draw();
  const timer = setInterval(draw, REDRAW_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      draw();
      screen.end();
    },
  };
}

function showChanges({ stdout, stderr }: CliContext, host: Shown): Disposable {
  let shown = new Map<string, string>();
  let shownProblems = '';
  const show = (): void => {
    const next = new Map<string, string>();
    for (const server of host.servers()) {
      const key = changeKey(server);
      if (shown.get(server.name) !== key) stdout.write(`${changeLine(server, Date.now())}\n`);
      next.set(server.name, key);
    }
    for (const name of shown.keys()) if (!next.has(name)) stdout.write(`${removalLine(name, Date.now())}\n`);
    shown = next;
    const problems = host.problems().map(problemLine).join('\n');
    if (problems !== shownProblems && problems !== '') stderr.write(`${problems}\n`);
    shownProblems = problems;
  };
  show();
  return host.onChange(show);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}
