// The text of a native document for one server, as `tutti add` and `tutti import` write it.

import { API_VERSION, explainIssues, mcpServerDocumentSchema, type McpServerSpecInput } from '@tutti/schemas';
import { stringify } from 'yaml';
import { EXIT } from './exit-codes.ts';
import { CliError } from './report-error.ts';

export function serverDocument(
  name: string,
  spec: McpServerSpecInput,
  annotations: Readonly<Record<string, string>> = {},
): object {
  const given = Object.entries(spec).filter(([, value]) => value !== undefined);
  const metadata = Object.keys(annotations).length === 0 ? { name } : { name, annotations };
  return { apiVersion: API_VERSION, kind: 'MCPServer', metadata, spec: Object.fromEntries(given) };
}

/** YAML of a document; rejects one that Tutti would not accept, in the words of the schema. */
export function documentText(document: object): string {
  const checked = mcpServerDocumentSchema.safeParse(document);
  if (checked.success) return stringify(document, { lineWidth: 110 });
  const [first, ...more] = explainIssues(checked.error, document, mcpServerDocumentSchema).map(
    ({ path, message }) =>
      `${path.filter((part) => part !== 'spec' && part !== 'metadata').join('.')}: ${message}`,
  );
  throw new CliError(EXIT.usage, first ?? 'The server is not valid.', more);
}
