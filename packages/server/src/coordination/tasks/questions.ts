// What a task asks a person, and what was answered. Pure.

import { PROMPT_TYPES, type TaskQuestion } from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';

export const AskedQuestionSchema = z.object({
  id: z.string(),
  prompt: z.string(),
  type: z.enum(PROMPT_TYPES),
  choices: z.array(z.string()).optional(),
  default: z.json().optional(),
  required: z.boolean(),
  asked_ms: z.number(),
  due_ms: z.number(),
});

export const AnswerSchema = z.object({
  question_id: z.string(),
  response: z.json().optional(),
  cancelled: z.boolean(),
  by: z.string(),
  at_ms: z.number(),
});

export type AskedQuestion = z.infer<typeof AskedQuestionSchema>;
export type Answer = z.infer<typeof AnswerSchema>;

export interface Response {
  readonly response?: unknown;
  /** The person does not want to answer. */
  readonly cancelled: boolean;
}

export function asked(id: string, question: TaskQuestion, nowMs: number): AskedQuestion {
  const { prompt, type, choices, default: fallback, required, timeout } = question;
  if (type === 'choice' && (choices === undefined || choices.length === 0))
    throw new AppError('invalid_params', 'choices: a question of the type "choice" needs some.');
  if (fallback !== undefined) checkResponse({ type, choices }, fallback, 'default');
  return {
    id,
    prompt,
    type,
    choices,
    default: fallback,
    required,
    asked_ms: nowMs,
    due_ms: nowMs + timeout * 1_000,
  };
}

/** The answer to keep; throws where it does not fit the question. */
export function answered(
  question: AskedQuestion,
  { response, cancelled }: Response,
  by: string,
  nowMs: number,
): Answer {
  const base = { question_id: question.id, cancelled, by, at_ms: nowMs };
  if (cancelled) return base;
  if (response === undefined && question.default === undefined && question.required)
    throw new AppError('invalid_params', 'response: the question wants an answer, and has no default.');
  const value = response ?? question.default;
  if (value !== undefined) checkResponse(question, value, 'response');
  return { ...base, response: z.json().parse(value ?? null) };
}

/** What counts when nobody answered in time; undefined: the attempt can't go on. */
export function unanswered(question: AskedQuestion, nowMs: number): Answer | undefined {
  if (question.default === undefined && question.required) return undefined;
  return answered(question, { cancelled: false }, 'nobody', nowMs);
}

function checkResponse(
  { type, choices }: Pick<AskedQuestion, 'type' | 'choices'>,
  value: unknown,
  member: string,
): void {
  const wrong = wrongResponse(type, choices ?? [], value);
  if (wrong !== undefined) throw new AppError('invalid_params', `${member}: ${wrong}`);
}

function wrongResponse(
  type: AskedQuestion['type'],
  choices: readonly string[],
  value: unknown,
): string | undefined {
  if (type === 'confirmation') return typeof value === 'boolean' ? undefined : 'say true or false.';
  if (typeof value !== 'string') return 'send a text.';
  if (type === 'choice' && !choices.includes(value)) return `choose one of ${choices.join(', ')}.`;
  return undefined;
}
