// Values of queries, which are texts, and what the OpenAPI document tells of them.

import { z } from 'zod';

const MAX_CHARS = 1_000;

/** What stands in the document in place of the text that is read. */
const told = (openapi: Readonly<Record<string, unknown>>) => ({ openapi });

export const textValue = (description: string) =>
  z
    .string()
    .min(1)
    .max(MAX_CHARS)
    .meta(told({ type: 'string', maxLength: MAX_CHARS, description }));

/** The same, also empty. */
export const anyText = (description: string) =>
  z
    .string()
    .max(MAX_CHARS)
    .meta(told({ type: 'string', maxLength: MAX_CHARS, description }));

/** With commas between them. */
export const wordsValue = (description: string) =>
  z
    .string()
    .min(1)
    .max(MAX_CHARS)
    .transform((value) => value.split(',').filter((word) => word !== ''))
    .meta(
      told({ type: 'string', maxLength: MAX_CHARS, description: `${description} With commas between them.` }),
    );

/** The same of those that there are. */
export const choicesValue = <Word extends string>(known: readonly [Word, ...Word[]], description: string) =>
  wordsValue(description)
    .pipe(z.array(z.enum(known)))
    .meta(
      told({ type: 'string', description: `${description} With commas between them: ${known.join(', ')}.` }),
    );

interface NumberRules {
  readonly min: number;
  readonly most?: number;
  readonly what?: string;
}

/** More than `most` counts as that. */
export const numberValue = (
  { min, most, what = `must be a number from ${min}` }: NumberRules,
  description: string,
) =>
  z
    .string()
    .regex(/^\d{1,9}$/, what)
    .transform(Number)
    .pipe(z.int(what).min(min, what))
    .transform((value) => (most === undefined ? value : Math.min(value, most)))
    .meta(told({ type: 'integer', minimum: min, description }));

/** `?follow`, `?follow=true`. */
export const flagValue = (description: string) =>
  z
    .enum(['', 'true', '1', 'false', '0'], 'must be true or false')
    .transform((text) => text === '' || text === 'true' || text === '1')
    .meta(told({ type: 'boolean', allowEmptyValue: true, description }));
