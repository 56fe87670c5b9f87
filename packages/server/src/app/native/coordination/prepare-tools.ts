// Calls that are made ready and not made: which tool of which server, with which arguments. For clients that let somebody
// else look at a call, or make it, first. Nothing is read or changed here.

import {
  EntityNameSchema,
  EntitySchema,
  MAX_KNOWLEDGE_BATCH,
  OpenNodesSchema,
  RelationSchema,
  SearchQuerySchema,
} from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../../../kernel/errors.ts';
import { NATIVE_SERVER } from '../../../snapshot/types.ts';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { asAgent } from './arguments.ts';

/** What a document is as an entity: its parts are observations. */
const DOCUMENT = 'document';
const PART_CHARS = 3_000;
const MAX_DOCUMENT_CHARS = 100_000;

const { project_id } = OpenNodesSchema.shape;
const of = { project_id, ...asAgent };
const prepared = z.object({
  server_name: z.string(),
  tool_name: z.string(),
  arguments: z.record(z.string(), z.json()),
  ...noticed,
});
type Arguments = z.infer<typeof prepared>['arguments'];

const toCall = (tool_name: string, args: Arguments) =>
  Promise.resolve({ server_name: NATIVE_SERVER, tool_name, arguments: args });
const text = ({ server_name: server, tool_name: tool, arguments: args }: z.infer<typeof prepared>): string =>
  `Call ${tool} of the server ${server} with ${JSON.stringify(args)}`;

export function prepareTools(running: Running): readonly NativeTool[] {
  const common = { effect: 'reads', actor: 'agent_id', output: prepared, text } as const;
  return [
    agentTool(running, {
      ...common,
      name: 'prepare_add_kg_entity',
      title: 'Prepare an entity',
      description: 'The call that adds an entity to what is known.',
      input: EntitySchema.extend(of),
      call: ({ project_id: project, agent_id: _agent, ...entity }) =>
        toCall('create_entities', { project_id: project, entities: [entity] }),
    }),
    agentTool(running, {
      ...common,
      name: 'prepare_add_kg_relation',
      title: 'Prepare a relation',
      description: 'The call that relates two entities.',
      input: RelationSchema.extend(of),
      call: ({ project_id: project, agent_id: _agent, ...relation }) =>
        toCall('create_relations', { project_id: project, relations: [relation] }),
    }),
    agentTool(running, {
      ...common,
      name: 'prepare_query_kg',
      title: 'Prepare a search',
      description: 'The call that searches what is known.',
      input: z.strictObject({ query: SearchQuerySchema, ...of }),
      call: ({ project_id: project, query }) => toCall('search_nodes', { project_id: project, query }),
    }),
    agentTool(running, {
      ...common,
      name: 'prepare_ingest_doc_to_kb',
      title: 'Prepare a document',
      description: `The call that keeps a text as an entity of the type ${DOCUMENT}, its parts as observations.`,
      input: z.strictObject({
        title: EntityNameSchema,
        content: z.string().min(1).max(MAX_DOCUMENT_CHARS).describe('The text itself.'),
        ...of,
      }),
      call: ({ project_id: project, title, content }) =>
        toCall('create_entities', {
          project_id: project,
          entities: [{ name: title, entityType: DOCUMENT, observations: [...new Set(partsOf(content))] }],
        }),
    }),
    agentTool(running, {
      ...common,
      name: 'prepare_retrieve_from_doc_kb',
      title: 'Prepare a search for documents',
      description: 'The call that searches the texts that were kept.',
      input: z.strictObject({
        query: SearchQuerySchema,
        limit: z.int().min(1).max(MAX_KNOWLEDGE_BATCH).default(10),
        ...of,
      }),
      call: ({ project_id: project, query, limit }) =>
        toCall('search_nodes', { project_id: project, query, entityType: DOCUMENT, limit }),
    }),
  ];
}

/** Paragraphs, put together as long as they fit. */
function partsOf(content: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  for (const paragraph of content.split(/\n\s*\n/)) {
    for (let rest = paragraph.trim(); rest !== ''; rest = rest.slice(PART_CHARS)) {
      const piece = rest.slice(0, PART_CHARS);
      if (part !== '' && part.length + piece.length + 2 > PART_CHARS) {
        parts.push(part);
        part = '';
      }
      part = part === '' ? piece : `${part}\n\n${piece}`;
    }
  }
  if (part !== '') parts.push(part);
  if (parts.length > 0) return parts;
  throw new AppError('invalid_params', 'content: there is nothing but space in it.');
}
