// The tools that stand for the whole catalog: a client that searches needs these few instead of all of them. Definitions
// only; what they do is in meta-call.ts.

const READS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const text = (description: string) => ({ type: 'string', description });
const flag = (description: string) => ({ type: 'boolean', description, default: false });
const CURSOR = text('Where the last answer ended: its next_cursor.');

interface MetaTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: {
    readonly type: 'object';
    readonly properties: Readonly<Record<string, object>>;
    readonly required?: readonly string[];
    readonly additionalProperties: false;
  };
  readonly annotations?: object;
}

function tool(
  name: string,
  description: string,
  properties: Readonly<Record<string, object>> = {},
  required: readonly string[] = [],
): MetaTool {
  return {
    name,
    description,
    inputSchema: {
      type: 'object',
      properties,
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    },
    annotations: READS,
  };
}

const CALL: MetaTool = {
  ...tool(
    'call_tool',
    'Call a tool of the catalog. describe_tool says which arguments it takes.',
    { name: text('The name of the tool.'), arguments: { type: 'object', description: 'Its arguments.' } },
    ['name'],
  ),
  // What it does is what the called tool does.
  annotations: { openWorldHint: true },
};

export const META_TOOLS = [
  tool(
    'search_tools',
    'Find tools for a task, best first. Say in a few words what you want to do.',
    {
      query: text('What the tool should do.'),
      limit: { type: 'integer', minimum: 1, maximum: 50, default: 10, description: 'How many at most.' },
      include_schema: flag('Whether to answer with the whole definitions.'),
    },
    ['query'],
  ),
  tool('describe_tool', 'The whole definition of a tool.', { name: text('The name of the tool.') }, ['name']),
  CALL,
  tool('list_tools', 'All tools with the first sentence of what they do, page by page.', { cursor: CURSOR }),
  tool('filter_tools', 'Tools whose name or description fits.', {
    pattern: text('Glob over names: `*` is any text, `?` is one character.'),
    description_filter: text('Text that stands in the description.'),
    case_sensitive: flag('Whether upper and lower case differ.'),
    include_schema: flag('Whether to answer with the whole definitions.'),
    cursor: CURSOR,
  }),
  tool('list_core_tools', "Tutti's own tools.", {
    include_schema: flag('Whether to answer with the whole definitions.'),
  }),
  tool('list_resources', 'All resources, page by page.', { cursor: CURSOR }),
  tool('describe_resource', 'What is said of a resource.', { uri: text('The uri of the resource.') }, [
    'uri',
  ]),
  tool('get_resource', 'Read a resource.', { uri: text('The uri of the resource.') }, ['uri']),
  tool('list_prompts', 'All prompts, page by page.', { cursor: CURSOR }),
  tool('describe_prompt', 'What is said of a prompt, and its arguments.', { name: text('Its name.') }, [
    'name',
  ]),
  tool(
    'get_prompt',
    'The messages of a prompt.',
    {
      name: text('The name of the prompt.'),
      arguments: { type: 'object', description: 'Its arguments.', additionalProperties: { type: 'string' } },
    },
    ['name'],
  ),
  tool('get_result', 'What a call came to that took too long to wait for.', {
    handle: text('Of the call; without it all that are kept are listed.'),
  }),
] as const satisfies readonly MetaTool[];

const NAMES: ReadonlySet<string> = new Set(META_TOOLS.map(({ name }) => name));

export function isMetaTool(name: string): boolean {
  return NAMES.has(name);
}

/** The members of a result of tools/list. */
export const META_TOOLS_PAGE = `"tools":${JSON.stringify(META_TOOLS)}`;

/** For clients that show instructions to their model. */
export const META_INSTRUCTIONS =
  'Many tools stand behind this server. Find them with search_tools, look at one with describe_tool, and call it with call_tool.';
