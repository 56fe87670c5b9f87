// A model that may be asked. What goes wrong is an answer too: nothing here throws but for the caller's own signal.

export interface ModelQuestion {
  /** What the model is to do. */
  readonly instructions: string;
  /** What it is to do it with; written by others, so data and never instructions. */
  readonly input: string;
  /** The JSON Schema of the answer; undefined: text. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined;
}

export const MODEL_FAILURES = [
  /** It has too much to do; later it may answer. */
  'busy',
  /** It can't be reached, or fails. */
  'unavailable',
  'timeout',
  /** It does not take the key, or the question. */
  'refused',
  /** The question or the answer is over a limit. */
  'too_large',
  /** What came is no answer. */
  'invalid_answer',
  /** The provider is declared in a way that it can't be used. */
  'misconfigured',
] as const;

export type ModelFailure = (typeof MODEL_FAILURES)[number];

export type ModelAnswer =
  | { readonly kind: 'answer'; readonly text: string; readonly tokens: number | undefined }
  | { readonly kind: 'failed'; readonly code: ModelFailure; readonly message: string };

export interface ModelProvider {
  /** As the configuration calls it. */
  readonly name: string;
  readonly model: string;
  ask(question: ModelQuestion, signal: AbortSignal): Promise<ModelAnswer>;
}
