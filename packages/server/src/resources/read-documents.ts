// A file's text into resources and problems. Pure: the same text gives the same answer, and no text makes it throw.

import { basename, dirname } from 'node:path';
import type {
  GatewayResource,
  McpServerResource,
  Origin,
  SourceResource,
  ToolsetResource,
} from '@tutti/schemas';
import {
  checkGateway,
  checkServer,
  checkSource,
  checkToolset,
  type Declared,
  type DeclaredGateway,
  type DeclaredServer,
  type DeclaredToolset,
  type DraftContext,
} from './check-draft.ts';
import { detectFormat, FORMATS } from './formats/detect-format.ts';
import { ORIGINAL_NAME, type Draft } from './formats/format.ts';
import { unknownDocument } from './formats/native.ts';
import { isRecord } from './is-record.ts';
import { gitPath } from './origin.ts';
import { fieldName, type FieldPath, type Problem } from './problem.ts';
import { parseText } from './read-text.ts';
import type { ParsedDocument } from './text/parsed-text.ts';

export interface ReadDocuments {
  readonly servers: readonly McpServerResource[];
  readonly declared: readonly DeclaredServer[];
  /** `broken`: the file means to declare it, but wrongly. */
  readonly gateway: GatewayResource | 'broken' | undefined;
  /** What can't be read of it may well say who may come in. */
  readonly mayGuard: boolean;
  readonly toolsets: readonly ToolsetResource[];
  readonly declaredToolsets: readonly DeclaredToolset[];
  readonly sources: readonly SourceResource[];
  readonly problems: readonly Problem[];
  /** Names of servers that the file means to declare, but wrongly: their last good version stays in force. `all` when
   *  the text is too broken to say which. */
  readonly broken: ReadonlySet<string> | 'all';
  readonly brokenToolsets: ReadonlySet<string>;
  readonly brokenSources: ReadonlySet<string>;
}

export interface ReadOptions {
  /** A file among others of a folder may hold something else altogether: that is a warning then. Default false. */
  readonly inFolder?: boolean;
  /** The file is one of a repository. */
  readonly git?: { readonly source: string; readonly commit: string; readonly path: string };
  /** The text came over the API; `path` is what messages call it. */
  readonly api?: { readonly by: string; readonly path: string } | undefined;
}

/** `file` must be absolute: it is where relative folders start. */
export function readDocuments(file: string, text: string, options: ReadOptions = {}): ReadDocuments {
  const { git, api } = options;
  const path = git === undefined ? (api?.path ?? file) : gitPath(git.source, git.path);
  const originAt = (line: number): Origin => {
    if (git !== undefined) return { kind: 'git', ...git, line };
    return api === undefined ? { kind: 'file', path, line } : { kind: 'api', ...api, line };
  };
  const takeSource = git === undefined && api === undefined ? checkSource : refuseNested;
  const parsed = parseText(file, text);
  const problems: Problem[] = parsed.errors.map(({ line, column, field, message }) => ({
    path,
    line,
    column,
    ...fieldName(field ?? []),
    message,
    severity: 'error',
  }));
  const servers: Found<McpServerResource> = { declared: [], broken: new Set() };
  const toolsets: Found<ToolsetResource> = { declared: [], broken: new Set() };
  const sources: Found<SourceResource> = { declared: [], broken: new Set() };
  let gateway: DeclaredGateway | 'broken' | undefined;
  let unnamed = parsed.errors.length > 0;
  for (const entry of parsed.documents.flatMap(entriesOf)) {
    const context: FileContext = { path, folder: dirname(file), originAt, entry, problems };
    const drafts = readEntry(context, options);
    if (drafts === undefined) {
      unnamed ||= options.inFolder !== true;
      continue;
    }
    for (const draft of drafts) {
      if (isOfKind(draft, 'Gateway')) {
        if (api !== undefined) {
          refuseNested(draft, context);
          continue;
        }
        const found = checkGateway(draft, context) ?? 'broken';
        if (gateway === undefined || gateway === 'broken') gateway = found;
        else if (found !== 'broken') problems.push(secondGateway(gateway, found, path));
        continue;
      }
      const isNamed = isOfKind(draft, 'Toolset')
        ? note(toolsets, checkToolset(draft, context), draft, context)
        : isOfKind(draft, 'Source')
          ? note(sources, takeSource(draft, context), draft, context)
          : note(servers, checkServer(draft, context), draft, context);
      unnamed ||= !isNamed;
    }
  }
  return {
    servers: servers.declared.map(({ resource }) => resource),
    declared: servers.declared,
    gateway: gateway === 'broken' ? gateway : gateway?.resource,
    mayGuard: (gateway === 'broken' || unnamed) && GUARDING.test(text),
    toolsets: toolsets.declared.map(({ resource }) => resource),
    declaredToolsets: toolsets.declared,
    sources: sources.declared.map(({ resource }) => resource),
    problems,
    broken: unnamed ? 'all' : servers.broken,
    brokenToolsets: toolsets.broken,
    brokenSources: sources.broken,
  };
}

/** A Gateway with keys or policies, whatever is wrong with the rest. */
const GUARDING = /\bGateway\b[^]*\b(?:auth|policies)\b/;

type Named = McpServerResource | ToolsetResource | SourceResource;

interface Found<Resource> {
  readonly declared: Declared<Resource>[];
  readonly broken: Set<string>;
}

/** False when nobody can tell what the draft means to declare. */
function note<Resource extends Named>(
  found: Found<Resource>,
  checked: Declared<Resource> | undefined,
  draft: Draft,
  { path, problems }: DraftContext,
): boolean {
  const name = checked?.resource.name ?? nameOf(draft);
  if (name === undefined) return false;
  const earlier = found.declared.find(({ resource }) => resource.name === name);
  if (checked === undefined) found.broken.add(name);
  else if (earlier === undefined) found.declared.push(checked);
  else problems.push(sameName(earlier, checked, path));
  return true;
}

interface Entry {
  readonly value: unknown;
  readonly at: FieldPath;
  readonly document: ParsedDocument;
}

type FileContext = DraftContext & { readonly entry: Entry };

/** A document, or each entry of a document that is a list. */
function entriesOf(document: ParsedDocument): readonly Entry[] {
  const { value } = document;
  if (!Array.isArray(value)) return [{ value, at: [], document }];
  return value.map((entry: unknown, index) => ({ value: entry, at: [index], document }));
}

function readEntry(
  { entry, path, folder, problems }: FileContext,
  options: ReadOptions,
): readonly Draft[] | undefined {
  const { value } = entry;
  const format = detectFormat(value);
  const report = (field: FieldPath, message: string, severity: Problem['severity'] = 'error') => {
    const place = [...entry.at, ...field];
    problems.push({ path, ...entry.document.locate(place), ...fieldName(place), message, severity });
    return undefined;
  };
  if (format === undefined || !isRecord(value)) {
    const what =
      'nothing that Tutti knows: neither a native document (`apiVersion`, `kind`) nor `mcpServers`,';
    const rest = '`servers`, `mcp_servers`, server.json, or one server with `name` and `command`';
    return options.inFolder === true
      ? report([], `${what} ${rest}; the file is left alone`, 'warning')
      : report([], `${what} ${rest}; write one of them`);
  }
  if (format !== 'native' && /^tutti\.ya?ml$/.test(basename(path)))
    return report(
      [],
      'tutti.yaml holds native documents only; move this into a file of its own under `tutti/`',
    );
  const unknown = format === 'native' ? unknownDocument(value) : undefined;
  if (unknown !== undefined) return report(unknown.field, unknown.message);
  return FORMATS[format](value, folder);
}

/** A repository, or whoever uses the API, could otherwise allow himself more than he was allowed. */
function refuseNested(draft: Draft, { path, entry, problems, originAt }: DraftContext): undefined {
  const place = entry.document.locate([...entry.at, ...draft.at]);
  const kind = isOfKind(draft, 'Gateway') ? 'Gateway' : 'Source';
  const from = originAt(1).kind === 'git' ? 'from a repository' : 'over the API';
  const message = `a ${kind} is not taken ${from}; declare it in the files of the machine`;
  problems.push({ path, ...place, message, severity: 'error' });
}

function sameName(earlier: Declared<Named>, later: Declared<Named>, path: string): Problem {
  const { name } = later.resource;
  const [first, second] = [earlier, later].map(({ resource }) => resource.annotations[ORIGINAL_NAME] ?? name);
  const { line } = earlier.resource.origin;
  const what =
    first === second
      ? `\`${second}\` is declared in line ${line} already`
      : `\`${first}\` in line ${line} and \`${second}\` both become the name \`${name}\``;
  const place = later.place(['metadata', 'name']);
  return { path, ...place, message: `${what}; rename one of them`, severity: 'error' };
}

function secondGateway(first: DeclaredGateway, second: DeclaredGateway, path: string): Problem {
  const { line } = first.resource.origin;
  const message = `a Gateway is declared in line ${line} already, and there is one at most; merge them`;
  return { path, ...second.place(['kind']), message, severity: 'error' };
}

function isOfKind({ document }: Draft, kind: 'Gateway' | 'Toolset' | 'Source'): boolean {
  return isRecord(document) && document['kind'] === kind;
}

/** The name that a wrong draft means to declare. */
function nameOf({ document }: Draft): string | undefined {
  const metadata = isRecord(document) ? document['metadata'] : undefined;
  const name = isRecord(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}
