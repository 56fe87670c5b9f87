// Splits a task by its own structure, without a model: list items, else sections, else paragraphs, else sentences. Pure:
// the same text gives the same parts, and no word of it is lost.

import { type AvailableModel, MAX_SUBTASKS, type Subtask } from '@tutti/schemas';

const ITEM = /^(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(?=\S)/;
const HEADING = /^#{1,6}\s+\S/;
/** The end of a sentence, or what joins steps in one. */
const SENTENCE_END = /(?<=[.!?;])\s+(?=\S)|,?\s+(?:and then|then)\s+/;
/** A shorter one is a fragment: `e.g.`, `1.` */
const MIN_SENTENCE_CHARS = 12;
const MAX_CONTEXT_CHARS = 2_000;

export function splitTask(
  { id, description }: { readonly id?: string | undefined; readonly description: string },
  models: readonly AvailableModel[],
): readonly Subtask[] {
  const { context, parts } = splitText(description);
  const capabilities = [...new Set(models.flatMap((model) => model.capabilities))].toSorted();
  const prefix = id ?? 'part';
  return merged(parts).map((part, index) => ({
    id: `${prefix.slice(0, 120)}-${index + 1}`,
    description: context === '' || parts.length === 1 ? part : `${part}\n\n(Part of: ${context})`,
    required_capabilities: capabilities.filter((one) => isNamed(one, part)),
  }));
}

/** What stands before the parts is what they are parts of. */
export function splitText(text: string): { readonly context: string; readonly parts: readonly string[] } {
  const lines = text.trim().split(/\r\n|\r|\n/);
  for (const isStart of [isItem, (line: string) => HEADING.test(line)]) {
    const found = byStarts(lines, isStart);
    if (found.parts.length > 1 && found.context.length <= MAX_CONTEXT_CHARS) return found;
  }
  const paragraphs = lines
    .join('\n')
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '');
  if (paragraphs.length > 1) return { context: '', parts: paragraphs.map((part) => part.trim()) };
  return { context: '', parts: bySentences(text.trim()) };
}

/** Items at the left-most place; what is deeper belongs to the item above. */
function isItem(line: string, lines: readonly string[]): boolean {
  const indents = lines.filter((one) => ITEM.test(one.trimStart())).map(indentOf);
  return ITEM.test(line.trimStart()) && indentOf(line) === Math.min(...indents);
}

function byStarts(
  lines: readonly string[],
  isStart: (line: string, lines: readonly string[]) => boolean,
): { readonly context: string; readonly parts: readonly string[] } {
  const starts = lines.flatMap((line, at) => (isStart(line, lines) ? [at] : []));
  const [first] = starts;
  if (first === undefined) return { context: '', parts: [] };
  const parts = starts.map((at, index) =>
    lines
      .slice(at, starts[index + 1])
      .join('\n')
      .trim(),
  );
  return {
    context: lines.slice(0, first).join('\n').trim(),
    parts: parts.map((part) => part.replace(ITEM, '')),
  };
}

function bySentences(text: string): readonly string[] {
  const sentences: string[] = [];
  for (const piece of text.split(SENTENCE_END)) {
    const last = sentences.at(-1);
    if (last !== undefined && (piece.length < MIN_SENTENCE_CHARS || last.length < MIN_SENTENCE_CHARS))
      sentences[sentences.length - 1] = `${last} ${piece}`;
    else sentences.push(piece);
  }
  return sentences;
}

/** Whatever is too many goes into the last one. */
function merged(parts: readonly string[]): readonly string[] {
  if (parts.length <= MAX_SUBTASKS) return parts;
  return [...parts.slice(0, MAX_SUBTASKS - 1), parts.slice(MAX_SUBTASKS - 1).join('\n\n')];
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** All words of the capability stand in the text: `csv-transform` in "transform the CSV". */
function isNamed(capability: string, text: string): boolean {
  const words = new Set(wordsOf(text));
  const own = wordsOf(capability);
  return own.length > 0 && own.every((word) => words.has(word));
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
