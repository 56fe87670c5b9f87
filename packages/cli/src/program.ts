// All commands of `tutti`. Each is a file of its own under commands/.

import { Command } from 'commander';
import { registerAdd } from './commands/add.ts';
import { registerAgent } from './commands/agent.ts';
import { registerApply } from './commands/apply.ts';
import { registerBackup } from './commands/backup.ts';
import { registerCall } from './commands/call.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerConnect } from './commands/connect.ts';
import { registerCopy } from './commands/copy.ts';
import { registerDelete } from './commands/delete.ts';
import { registerDescribe } from './commands/describe.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerEvents } from './commands/events.ts';
import { registerExplain } from './commands/explain.ts';
import { registerExport } from './commands/export.ts';
import { registerGet } from './commands/get.ts';
import { registerGuard } from './commands/guard.ts';
import { registerImport } from './commands/import.ts';
import { registerInit } from './commands/init.ts';
import { registerLogs } from './commands/logs.ts';
import { registerPlan } from './commands/plan.ts';
import { registerPins } from './commands/pins.ts';
import { registerRelease } from './commands/release.ts';
import { registerReload } from './commands/reload.ts';
import { registerRestart } from './commands/restart.ts';
import { registerResults } from './commands/results.ts';
import { registerRestore } from './commands/restore.ts';
import { registerSend } from './commands/send.ts';
import { registerStdio } from './commands/stdio.ts';
import { registerSuspend } from './commands/suspend.ts';
import { registerTasks } from './commands/tasks.ts';
import { registerTools } from './commands/tools.ts';
import { registerUp } from './commands/up.ts';
import { registerValidate } from './commands/validate.ts';
import { registerVersion } from './commands/version.ts';
import type { CliContext } from './context.ts';
import { readVersion } from './version.ts';

export function createProgram(context: CliContext): Command {
  const program = new Command('tutti')
    .description('One MCP endpoint in front of every server, kept running.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpCommand(false)
    .showHelpAfterError('Run the command with --help to see what it takes.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .addHelpText('after', '\nStart with: tutti init, then tutti up. Exit codes: docs/cli.md.');

  program.commandsGroup('Run:');
  registerUp(program, context);
  registerStdio(program, context);
  registerAgent(program, context);
  program.commandsGroup('Set up:');
  registerInit(program, context);
  registerAdd(program, context);
  registerImport(program, context);
  registerConnect(program, context);
  registerExport(program, context);
  registerValidate(program, context);
  registerPlan(program, context);
  registerDoctor(program, context);
  registerGuard(program, context);
  program.commandsGroup('Watch:');
  registerGet(program, context);
  registerDescribe(program, context);
  registerExplain(program, context);
  registerLogs(program, context);
  registerEvents(program, context);
  registerPins(program, context);
  program.commandsGroup('Use:');
  registerTools(program, context);
  registerCall(program, context);
  registerResults(program, context);
  program.commandsGroup('Change:');
  registerApply(program, context);
  registerDelete(program, context);
  registerTasks(program, context);
  registerRelease(program, context);
  registerSend(program, context);
  registerSuspend(program, context);
  registerRestart(program, context);
  registerReload(program, context);
  program.commandsGroup('Keep:');
  registerBackup(program, context);
  registerRestore(program, context);
  registerCopy(program, context);
  program.commandsGroup('Other:');
  registerVersion(program, context);
  registerCompletion(program, context);
  return program;
}
