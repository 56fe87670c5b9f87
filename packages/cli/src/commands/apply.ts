// `tutti apply -f FILE|-`: declares what a file says over the API, all of it or nothing. A file of agents, tasks, plans and
// budgets is registered, submitted and set, one document after the other.

import { problemLine, type WorkDocument } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { readDocuments } from '../read-documents.ts';
import { applyWork, readWorkDocuments, type AppliedWork } from '../work-documents.ts';

interface ApplyOptions extends OutputOptions, InstanceOptions {
  readonly file: string;
  readonly dryRun?: true;
}

export function registerApply(program: Command, context: CliContext): void {
  const apply = program
    .command('apply')
    .description('declare servers and toolsets, submit tasks and plans, set budgets')
    .requiredOption('-f, --file <file>', 'what to declare or submit; - for stdin')
    .option('--dry-run', 'only say what is wrong with it');
  withOutput(withInstance(apply)).action(async ({ file, dryRun, ...options }: ApplyOptions) => {
    const { signal } = context;
    const text = await readDocuments(context, file);
    const work = readWorkDocuments(text, file);
    if (work !== undefined) {
      await applyAll(work, dryRun === true, options);
      return;
    }
    const { client } = await connect(context, options);
    const request = { path: file, signal };
    if (dryRun === true) {
      const items = await client.check(text, request);
      print(context, options.output, { items }, () =>
        items.length === 0 ? ['Nothing is wrong with it.'] : items.map(problemLine),
      );
      if (items.some(({ severity }) => severity === 'error')) context.setExitCode(EXIT.usage);
      return;
    }
    const applied = await client.apply(text, request);
    print(context, options.output, applied, () => [
      ...applied.items.map(({ kind, name, change }) => `${kind.toLowerCase()}/${name} ${change}`),
      ...applied.warnings.map(problemLine),
    ]);
  });

  /** What only a running Tutti knows: who could do their tasks, and what is left of budgets. */
  async function checkPlans(documents: readonly WorkDocument[], options: InstanceOptions): Promise<void> {
    const plans = documents.flatMap((one) => (one.kind === 'Plan' ? [one.plan] : []));
    if (plans.length === 0) return;
    const { client } = await connect(context, options);
    const { signal } = context;
    for (const plan of plans) await client.tasks.submitPlan({ ...plan, dry_run: true }, { signal });
  }

  async function applyAll(
    documents: readonly WorkDocument[],
    isDryRun: boolean,
    { output, ...options }: OutputOptions & InstanceOptions,
  ): Promise<void> {
    if (isDryRun) {
      await checkPlans(documents, options);
      print(context, output, { items: [] }, () => ['Nothing is wrong with it.']);
      return;
    }
    const { client } = await connect(context, options);
    const items: AppliedWork[] = [];
    for (const document of documents) items.push(await applyWork(client, document, context.signal));
    print(context, output, { items }, () =>
      items.map(({ kind, name, change, status }) => `${kind.toLowerCase()}/${name} ${change} (${status})`),
    );
  }
}
