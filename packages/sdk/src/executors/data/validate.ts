// JSON Schema validation by Ajv: draft 2020-12, or 2019-09 or 07 where `$schema` says so. Nothing is fetched.

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { ExecutorError } from '../../worker/executor.ts';

/** Bytes of a schema: it is compiled while everything else waits. */
const MAX_SCHEMA_BYTES = 256 * 1024;

export interface Violation {
  /** A JSON Pointer into the value. */
  readonly path: string;
  readonly keyword: string;
  readonly message: string;
}

export type Check = (value: unknown) => readonly Violation[];

export function compileSchema(schema: boolean | Record<string, unknown>): Check {
  if (JSON.stringify(schema).length > MAX_SCHEMA_BYTES)
    throw new ExecutorError(
      'limit_bytes',
      `The schema has more than ${MAX_SCHEMA_BYTES} bytes (maxSchemaBytes).`,
    );
  const dialect = typeof schema === 'boolean' ? undefined : schema['$schema'];
  const validate = compile(schema, typeof dialect === 'string' ? dialect : '2020-12');
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(violation));
}

function compile(schema: boolean | Record<string, unknown>, dialect: string): ValidateFunction {
  const options = { allErrors: true, strict: false, validateFormats: true, logger: false } as const;
  const ajv = dialect.includes('2020-12')
    ? new Ajv2020(options)
    : dialect.includes('2019-09')
      ? new Ajv2019(options)
      : new Ajv(options);
  formats.default(ajv);
  try {
    return ajv.compile(schema);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ExecutorError('invalid_payload', `payload.schema is no usable JSON Schema: ${why}`);
  }
}

function violation({ instancePath, keyword, message, params }: ErrorObject): Violation {
  const name: unknown = params['additionalProperty'] ?? params['unevaluatedProperty'];
  const which = typeof name === 'string' ? `: "${name}"` : '';
  return { path: instancePath, keyword, message: `${message ?? 'does not fit'}${which}` };
}
