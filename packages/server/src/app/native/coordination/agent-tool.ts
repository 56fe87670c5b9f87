// A tool of agents and tasks: who calls, in whose name, and what the agent is told beside the answer. A call in the name
// of an agent shows that it is alive; its answer, and its refusal too, carries what the agent has to know.

import { type Notice, NoticeSchema, PERSON_PREFIX } from '@tutti/schemas';
import { z } from 'zod';
import type { Caller } from '../../../coordination/agents/registry.ts';
import type { Coordination } from '../../../coordination/coordination.ts';
import type { Held } from '../../../coordination/dispatch/holding.ts';
import type { Once } from '../../../coordination/tasks/book.ts';
import { AppError } from '../../../kernel/errors.ts';
import { ADMIN_ROLE, AGENT_ROLE, LOCAL } from '../../../policy/principal.ts';
import { digestOf } from '../../../resources/digest.ts';
import type { Running, ToolDeps } from '../native-deps.ts';
import { type Effect, nativeTool, type NativeContext, type NativeTool } from '../native-tool.ts';
import { noticeText } from './notice-text.ts';

/** Where the agent in whose name a call is made stands in the arguments. */
type ActorArgument = 'agent_id' | 'assigning_agent_id' | 'coordinator_agent_id' | 'sender_id' | 'creator_id';

/** A call that may be made. */
export interface AgentCall extends Pick<
  Coordination,
  'agents' | 'tasks' | 'budgets' | 'messages' | 'threads'
> {
  readonly caller: Caller;
  /** Undefined: without an idempotency key. */
  readonly once: Once | undefined;
  readonly context: NativeContext;
  readonly deps: ToolDeps;
}

export interface AgentToolSource<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  /** Whether the same call again does nothing more, without a key too; left out: only where it reads. */
  readonly isRepeatable?: boolean;
  /** Whether an agent that must read something first is refused it; left out: where it does more than read. */
  readonly isHeldBack?: boolean;
  /** Undefined: it is made in nobody's name. */
  readonly actor: ActorArgument | undefined;
  readonly input: Input;
  /** With `noticed`, where there is an actor. */
  readonly output: Output;
  /** The claims that it says it holds; left out: it says nothing of them. */
  holding?(args: z.output<Input>): readonly Held[];
  call(args: z.output<Input>, call: AgentCall): Promise<z.input<Output>>;
  /** A line or two, with all that is needed to go on. */
  text(result: z.output<Output>): string;
}

/** Those who may have agents and tasks at all; rules say which of the tools they see, and where. */
const ROLES = [ADMIN_ROLE, AGENT_ROLE, ...LOCAL.roles];

export const noticed = {
  notice: NoticeSchema.optional().describe('What your agent has to know before it goes on.'),
};

export function agentTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  running: Running,
  source: AgentToolSource<Input, Output>,
): NativeTool {
  const { name, title, description, effect, isRepeatable, actor, input, output } = source;
  const { isHeldBack = effect !== 'reads' } = source;
  return nativeTool({
    name,
    title,
    description,
    effect,
    isRepeatable,
    roles: ROLES,
    input,
    output,
    async call(args, context) {
      const deps = running();
      const { agents, tasks, budgets, messages, threads } = deps.coordination;
      const { by: id, roles } = context;
      const named = actor === undefined ? undefined : memberOf(args, actor);
      // A person acts as the principal itself.
      const agentId = named?.startsWith(PERSON_PREFIX) === true ? undefined : named;
      const caller: Caller = { id, isAdmin: roles.includes(ADMIN_ROLE), agentId };
      const once = onceOf(name, args, id);
      const call: AgentCall = { agents, tasks, budgets, messages, threads, caller, once, context, deps };
      if (agentId === undefined) return await source.call(args, call).catch(heard(context));
      await agents.alive(agentId, caller);
      deps.notices.bind(context.asker.sessionKey, agentId);
      const told = (): Promise<Notice> => agents.notice(agentId, caller, source.holding?.(args));
      const result = await made(() => {
        if (isHeldBack) messages.requireRead(agentId);
        return source.call(args, call);
      })
        .catch(heard(context))
        .catch(async (error: unknown) => {
          throw await withNotice(error, told);
        });
      return { ...result, notice: await told() };
    },
    text: (result) => source.text(result) + noticeText(noticeOf(result)),
  });
}

/** What is thrown before it is under way is its failure, too. */
async function made<T>(call: () => Promise<T>): Promise<T> {
  return await call();
}

function memberOf(args: object, name: string): string | undefined {
  const value: unknown = Object.entries(args).find(([key]) => key === name)?.[1];
  return typeof value === 'string' ? value : undefined;
}

/** The key counts for the principal, and for this tool with these arguments alone. */
function onceOf(tool: string, args: object, principal: string): Once | undefined {
  const key = memberOf(args, 'idempotency_key');
  if (key === undefined) return undefined;
  return { principal, key, digest: digestOf([tool, { ...args, idempotency_key: undefined }]) };
}

/** What ends a wait that nobody is there for any more is no fault. */
function heard({ signal }: NativeContext): (error: unknown) => never {
  return (error) => {
    throw signal.aborted
      ? new AppError('cancelled', 'Nobody waits for the answer any more.', { cause: error })
      : error;
  };
}

/** An agent that is refused hears what it lost, too: that may be why. */
async function withNotice(refusal: unknown, told: () => Promise<Notice>): Promise<unknown> {
  if (!(refusal instanceof AppError)) return refusal;
  const { code, message, details } = refusal;
  if (code === 'internal' || code === 'cancelled') return refusal;
  const text = await told().then(noticeText, () => '');
  return text === '' ? refusal : new AppError(code, message + text, { cause: refusal, details });
}

function noticeOf(result: object): Notice | undefined {
  return 'notice' in result ? NoticeSchema.safeParse(result.notice).data : undefined;
}
