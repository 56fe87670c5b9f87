// `tutti doctor`: looks at this machine and says how to mend what is wrong.

import { homedir } from 'node:os';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { findDeclarations, fromHere } from '../declarations.ts';
import {
  checkClients,
  checkDeclarations,
  checkGit,
  checkNode,
  checkPort,
  checkServers,
  checkState,
  type Check,
} from '../doctor/checks.ts';
import { checkNetworkVariables } from '../doctor/network-variables.ts';
import { EXIT } from '../exit-codes.ts';
import { DEFAULT_URL, findRunning, findState, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';

const MARKS = { ok: ['green', 'ok'], warning: ['yellow', 'warning'], failed: ['red', 'failed'] } as const;

export function registerDoctor(program: Command, context: CliContext): void {
  const doctor = program
    .command('doctor')
    .description('check this machine and say how to mend what is wrong');
  withOutput(withInstance(doctor)).action(async (options: OutputOptions & InstanceOptions) => {
    const items = await runChecks(context, options);
    print(context, options.output, { items }, () => items.flatMap((check) => checkLines(check, context)));
    if (items.some(({ status }) => status === 'failed')) context.setExitCode(EXIT.failed);
  });
}

async function runChecks(context: CliContext, options: InstanceOptions): Promise<readonly Check[]> {
  const path = await findDeclarations(context);
  const { validatePath } = await import('@tutti/server/offline');
  const validation = path === undefined ? undefined : await validatePath(path, context.env);
  const problems = validation?.problems.map((problem) => fromHere(context, problem)) ?? [];
  const running = await findRunning(context, options);
  const network = checkNetworkVariables(context.env, validation?.resources ?? []);
  const servers = (await running?.client.servers({ signal: context.signal })) ?? [];
  return [
    checkNode(),
    await checkGit(),
    checkDeclarations(path, validation?.resources.length ?? 0, problems),
    await checkState(await findState(context, options)),
    await checkPort(Number(new URL(DEFAULT_URL).port), running?.url),
    ...(network === undefined ? [] : [network]),
    checkServers(running?.url, servers, Date.now()),
    await checkClients({ home: homedir(), platform: process.platform, env: context.env }),
  ];
}

function checkLines({ name, status, found, mend }: Check, { stdout }: CliContext): string[] {
  const [color, word] = MARKS[status];
  const mark = styleText(color, word.padEnd(7), { stream: stdout });
  return [`${mark}  ${name}: ${found}`, ...(mend?.split('\n').map((line) => `         ${line}`) ?? [])];
}
