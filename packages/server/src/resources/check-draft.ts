// Judges a draft by the schema of its kind. What comes out knows the way back to its text.

import { resolve } from 'node:path';
import {
  explainIssues,
  gatewayDocumentSchema,
  mcpServerDocumentSchema,
  sourceDocumentSchema,
  type FileSettings,
  type GatewayResource,
  type GatewaySettings,
  type McpServerResource,
  type Origin,
  type SourceResource,
  toolsetDocumentSchema,
  type ToolsetResource,
} from '@tutti/schemas';
import type { z } from 'zod';
import type { Draft } from './formats/format.ts';
import { fieldName, type FieldPath, type Position, type Problem } from './problem.ts';
import type { Edit, ParsedDocument } from './text/parsed-text.ts';

/** A resource with a way back to its text. */
export interface Declared<Resource> {
  readonly resource: Resource;
  /** As the native document that was checked. */
  readonly document: unknown;
  /** Where a field of the native document stands, and what the file calls it. */
  place(field: FieldPath): Position & { readonly field?: string };
  /** How the text comes to say a value of such a field, which may be called the other way round there. */
  write(field: FieldPath, value: boolean): readonly Edit[] | undefined;
}

export type DeclaredServer = Declared<McpServerResource>;
export type DeclaredGateway = Declared<GatewayResource>;
export type DeclaredToolset = Declared<ToolsetResource>;
export type DeclaredSource = Declared<SourceResource>;

/** What a draft was made from, and where its problems go. */
export interface DraftContext {
  /** Of the file, as people are shown it. */
  readonly path: string;
  /** Where relative folders start. */
  readonly folder: string;
  readonly originAt: (line: number) => Origin;
  readonly entry: { readonly at: FieldPath; readonly document: ParsedDocument };
  readonly problems: Problem[];
}

/** Undefined when the draft is no valid server; its problems are told. */
export function checkServer(draft: Draft, context: DraftContext): DeclaredServer | undefined {
  const checked = check(draft, context, mcpServerDocumentSchema);
  if (checked === undefined) return undefined;
  const { metadata, spec } = checked.value;
  return {
    ...checked.way,
    resource: {
      kind: 'MCPServer',
      name: metadata.name,
      labels: metadata.labels,
      annotations: metadata.annotations,
      spec:
        spec.command === undefined
          ? spec
          : { ...spec, workdir: resolve(context.folder, spec.workdir ?? '.') },
      origin: originOf(draft, context),
      generation: 1,
    },
  };
}

/** Undefined when the draft is no valid Gateway; its problems are told. */
export function checkGateway(draft: Draft, context: DraftContext): DeclaredGateway | undefined {
  const checked = check(draft, context, gatewayDocumentSchema);
  if (checked === undefined) return undefined;
  const spec = withRoots(checked.value.spec, context.folder);
  return { ...checked.way, resource: { kind: 'Gateway', spec, origin: originOf(draft, context) } };
}

/** Relative folders start where the file is. */
function withRoots(spec: GatewaySettings, folder: string): GatewaySettings {
  const { evidence, files } = spec.coordination;
  if (evidence.roots.length === 0 && files.roots.length === 0) return spec;
  const absolute = (root: FileSettings['roots'][number]) => ({ ...root, path: resolve(folder, root.path) });
  return {
    ...spec,
    coordination: {
      ...spec.coordination,
      evidence: { ...evidence, roots: evidence.roots.map(absolute) },
      files: { ...files, roots: files.roots.map(absolute) },
    },
  };
}

/** Undefined when the draft is no valid Source; its problems are told. */
export function checkSource(draft: Draft, context: DraftContext): DeclaredSource | undefined {
  const checked = check(draft, context, sourceDocumentSchema);
  if (checked === undefined) return undefined;
  const { metadata, spec } = checked.value;
  return {
    ...checked.way,
    resource: { kind: 'Source', ...metadata, spec, origin: originOf(draft, context) },
  };
}

/** Undefined when the draft is no valid Toolset; its problems are told. */
export function checkToolset(draft: Draft, context: DraftContext): DeclaredToolset | undefined {
  const checked = check(draft, context, toolsetDocumentSchema);
  if (checked === undefined) return undefined;
  const { metadata, spec } = checked.value;
  return {
    ...checked.way,
    resource: { kind: 'Toolset', ...metadata, spec, origin: originOf(draft, context) },
  };
}

type WayBack = Omit<Declared<unknown>, 'resource'>;

function check<Value>(
  draft: Draft,
  { path, entry, problems }: DraftContext,
  schema: z.ZodType<Value>,
): { readonly value: Value; readonly way: WayBack } | undefined {
  const placeOf = (fileField: FieldPath) => {
    const field = [...entry.at, ...fileField];
    return { ...entry.document.locate(field), ...fieldName(field) };
  };
  for (const { field, message } of draft.warnings)
    problems.push({ path, ...placeOf(field), message, severity: 'warning' });
  const place: WayBack['place'] = (field) => placeOf(draft.toFileField(field));
  const write: WayBack['write'] = (field, value) => {
    const called = [...entry.at, ...draft.toFileField(field)];
    return entry.document.write(called, called.at(-1) === 'enabled' ? !value : value);
  };
  const checked = schema.safeParse(draft.document);
  if (checked.success) return { value: checked.data, way: { document: draft.document, place, write } };
  for (const { path: field, message } of explainIssues(checked.error, draft.document, schema))
    problems.push({ path, ...place(field), message, severity: 'error' });
  return undefined;
}

function originOf({ at }: Draft, { originAt, entry }: DraftContext): Origin {
  return originAt(entry.document.locate([...entry.at, ...at]).line);
}
