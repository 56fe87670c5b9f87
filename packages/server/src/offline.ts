// What can be said of declarations without running anything: for `tutti validate` and `tutti plan`. Opens no store.

import { access, constants, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import {
  DEFAULT_GATEWAY_SETTINGS,
  type GatewayResource,
  type McpServerResource,
  type SourceResource,
  type ToolsetResource,
} from '@tutti/schemas';
import { admit, admitGateway, type Declarations } from './resources/admission.ts';
import { pathOf } from './resources/origin.ts';
import { httpPortConflicts, type PortConflict } from './resources/port-conflicts.ts';
import { compareProblems, type FieldPath, type Problem } from './resources/problem.ts';
import type { DeclaredServer } from './resources/check-draft.ts';
import { readDocuments } from './resources/read-documents.ts';
import { resolvedIssues, unresolvedMessage } from './resources/resolved-issues.ts';
import { allotPorts } from './resources/server-ports.ts';
import { resolveProxy } from './resources/upstream-proxy.ts';
import { resolveText, resolveVariables } from './resources/variables.ts';
import { isProject } from './sources/files/project.ts';
import { scan, scanProject } from './sources/files/scan.ts';

export { detectFormat } from './resources/formats/detect-format.ts';
export { formatProblem, type Problem } from './resources/problem.ts';
export { readDocuments } from './resources/read-documents.ts';
export { planFromNothing, planRepositoryFromNothing, readDeclarations } from './app/plan/offline.ts';
export { readRepository } from './app/plan/read-repository.ts';

export interface Validation {
  /** The servers that would be in force, sorted by name. */
  readonly resources: readonly McpServerResource[];
  /** Errors and warnings, sorted by place. */
  readonly problems: readonly Problem[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Checks a file or a folder: syntax, schema, duplicates, ports, variables, commands. Never throws for its contents. */
export async function validatePath(path: string, environment: Environment): Promise<Validation> {
  const root = resolve(path);
  const seen = await (isProject(root) ? scanProject(root) : scan(root));
  const read = [...seen.files].map(([file, { text, inFolder }]) => {
    const { declared, toolsets, gateway, sources, problems } = readDocuments(file, text, { inFolder });
    return {
      file,
      declared,
      toolsets,
      gateways: gateway === undefined || gateway === 'broken' ? [] : [gateway],
      sources,
      problems,
    };
  });
  const declared = read.flatMap((documents) => documents.declared);
  const scopes = read.map(({ file, declared }): [string, Declarations] => [
    file,
    new Map(declared.map(({ resource }) => [resource.name, { resource, problems: [] }])),
  ]);
  const { inForce: admitted, refused } = admit(new Map(scopes));
  const views = read.map(({ file, toolsets }): [string, Declarations<ToolsetResource>] => [
    file,
    new Map(toolsets.map((resource) => [resource.name, { resource, problems: [] }])),
  ]);
  const repositories = read.map(({ file, sources }): [string, Declarations<SourceResource>] => [
    file,
    new Map(sources.map((resource) => [resource.name, { resource, problems: [] }])),
  ]);
  const resources = [...admitted.values()].map(({ resource }) => resource);
  const inForce = declared.filter(({ resource }) => resources.includes(resource));
  const { gateway, refused: refusedGateways } = admitGateway(read.flatMap(({ gateways }) => gateways));
  const { ports } = gateway?.spec ?? DEFAULT_GATEWAY_SETTINGS;
  const wanted = inForce.map(({ resource }) => resource);
  const refusedPorts = allotPorts(wanted, ports).refused.filter(({ isProblem }) => isProblem);
  const checked = await Promise.all(inForce.map((server) => checkLaunch(server, environment)));
  const problems = [
    ...seen.unreadable.values(),
    ...seen.leftOut,
    ...read.flatMap((documents) => documents.problems),
    ...refused,
    ...admit(new Map(views)).refused,
    ...refusedGateways,
    ...admit(new Map(repositories)).refused,
    ...proxyProblems(gateway, environment),
    ...keyProblems(gateway, environment),
    ...read.flatMap(({ sources }) => sources.flatMap((source) => sourceProblems(source, environment))),
    ...portProblems(inForce, 'port', refusedPorts),
    ...portProblems(inForce, 'httpPort', httpPortConflicts(wanted)),
    ...checked.flat(),
  ];
  return { resources, problems: problems.sort(compareProblems) };
}

function problemOf(
  server: DeclaredServer,
  field: FieldPath,
  message: string,
  severity: Problem['severity'],
): Problem {
  return { path: pathOf(server.resource.origin), ...server.place(['spec', ...field]), message, severity };
}

function proxyProblems(gateway: GatewayResource | undefined, environment: Environment): Problem[] {
  const template = gateway?.spec.upstreamProxy;
  if (gateway === undefined || template === undefined) return [];
  const found = resolveProxy(template, { secrets: {}, environment });
  if (found.kind === 'ok') return [];
  const path = pathOf(gateway.origin);
  const { line } = gateway.origin;
  const field = 'spec.upstreamProxy';
  return [{ path, line, column: 1, field, message: found.reason, severity: 'error' }];
}

function keyProblems(gateway: GatewayResource | undefined, environment: Environment): Problem[] {
  if (gateway === undefined) return [];
  return gateway.spec.auth.keys.flatMap(({ name, secret }, index) =>
    secret.flatMap((text) =>
      unresolvedIn(text, gateway, `spec.auth.keys[${index}].secret`, environment).map((problem) => ({
        ...problem,
        message: `the key \`${name}\` lets nobody in: ${problem.message}`,
      })),
    ),
  );
}

function sourceProblems(source: SourceResource, environment: Environment): Problem[] {
  const { url, webhookSecret = '' } = source.spec.git;
  return [
    ...unresolvedIn(url, source, 'spec.git.url', environment),
    ...unresolvedIn(webhookSecret, source, 'spec.git.webhook.secret', environment),
  ];
}

function unresolvedIn(
  text: string,
  { origin }: Pick<GatewayResource, 'origin'>,
  field: string,
  environment: Environment,
): Problem[] {
  return resolveText(text, { secrets: {}, environment }).unresolved.map((name) => ({
    path: pathOf(origin),
    line: origin.line,
    column: 1,
    field,
    message: unresolvedMessage(name),
    severity: 'error',
  }));
}

function portProblems(
  servers: readonly DeclaredServer[],
  field: 'port' | 'httpPort',
  refused: readonly PortConflict[],
): Problem[] {
  return refused.flatMap(({ resource, message }) =>
    servers
      .filter((server) => server.resource === resource)
      .map((server) => problemOf(server, [field], message, 'error')),
  );
}

async function checkLaunch(server: DeclaredServer, environment: Environment): Promise<Problem[]> {
  const { spec, missing } = resolveVariables(server.resource.spec, { secrets: {}, environment });
  if (missing.length > 0)
    return missing.map(({ name, field }) => problemOf(server, field, unresolvedMessage(name), 'error'));
  const problems = resolvedIssues(spec).map(({ path, message }) => problemOf(server, path, message, 'error'));
  const { command, workdir } = spec;
  if (command === undefined || workdir === undefined) return problems;
  // Machines differ: what is missing here may be there where the servers run.
  if (!(await isFolder(workdir)))
    problems.push(
      problemOf(
        server,
        ['workdir'],
        `no folder ${workdir} on this machine; create it or correct it`,
        'warning',
      ),
    );
  else if (!(await isCommand(command, workdir, spec.env['PATH'] ?? environment['PATH'] ?? '')))
    problems.push(
      problemOf(
        server,
        ['command'],
        `\`${command}\` was not found on this machine; install it or correct it`,
        'warning',
      ),
    );
  return problems;
}

async function isCommand(command: string, workdir: string, searchPath: string): Promise<boolean> {
  const places = command.includes('/')
    ? [isAbsolute(command) ? command : join(workdir, command)]
    : searchPath.split(delimiter).map((folder) => join(folder, command));
  for (const place of places) if (await isExecutable(place)) return true;
  return false;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    async () => !(await isFolder(path)),
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
