// The rules across fields of an MCPServer, each with its own message and path, and the values whose behaviour is not
// built yet: those are refused by name instead of being accepted and ignored. Pure.

import type { AuthInput } from './mcp-server-auth.ts';

export interface FieldIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The fields that the rules look at, after their own types were checked. */
export interface RuledFields {
  readonly type?: 'stdio' | 'http' | 'streamable-http' | 'sse' | undefined;
  readonly transport?: 'stdio' | 'http' | 'streamable-http' | 'sse' | undefined;
  readonly command?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly workdir?: string | undefined;
  readonly httpPort?: number | undefined;
  readonly auth?: AuthInput | undefined;
  readonly image?: string | undefined;
  readonly isolation: 'shared' | 'session' | 'user';
  readonly placement: 'process' | 'workload' | 'sidecar';
  readonly start: 'eager' | 'onDemand';
  readonly idleTimeout?: number | undefined;
  readonly restart: { readonly initial: number; readonly max: number };
}

/** `native`: Tutti's own tools. Nobody can declare it. */
export type ServerType = 'stdio' | 'streamable-http' | 'sse' | 'native';

/** The type as declared, or as the other fields imply; undefined when they imply nothing. */
export function inferType(fields: RuledFields): ServerType | undefined {
  const declared = fields.type ?? fields.transport;
  if (declared === 'http') return 'streamable-http';
  if (declared !== undefined) return declared;
  if (fields.command !== undefined) return fields.httpPort === undefined ? 'stdio' : 'streamable-http';
  if (fields.url !== undefined) return 'streamable-http';
  return undefined;
}

export function* crossFieldIssues(fields: RuledFields): Generator<FieldIssue> {
  yield* transportIssues(fields);
  if (fields.placement === 'workload') {
    for (const field of ['image', 'command'] as const)
      if (fields[field] === undefined)
        yield { path: [field], message: 'required with `placement: workload`; add it' };
  }
  if (fields.restart.max < fields.restart.initial)
    yield { path: ['restart', 'max'], message: 'below `restart.initial`; raise it or lower the other' };
  if (fields.idleTimeout !== undefined && fields.start !== 'onDemand')
    yield { path: ['idleTimeout'], message: 'only with `start: onDemand`; add that or remove it' };
  if (fields.auth !== undefined) yield* authIssues(fields.auth);
  yield* unbuiltIssues(fields);
}

function* transportIssues(fields: RuledFields): Generator<FieldIssue> {
  const { type, transport, command, url, httpPort } = fields;
  if (
    type !== undefined &&
    transport !== undefined &&
    inferType({ ...fields, type: transport }) !== inferType(fields)
  )
    yield {
      path: ['transport'],
      message: `says \`${transport}\`, but \`type\` says \`${type}\`; keep one of them`,
    };
  const inferred = inferType(fields);
  if (inferred === undefined) {
    yield { path: [], message: 'neither `command` nor `url` is here; a server needs one of them' };
  } else if (inferred === 'stdio') {
    if (command === undefined) yield { path: ['command'], message: 'required for a stdio server; add it' };
    if (url !== undefined)
      yield {
        path: ['url'],
        message:
          'not allowed for a stdio server; remove it, or remove `command` and the type to dial the url',
      };
    if (httpPort !== undefined)
      yield {
        path: ['httpPort'],
        message: 'not allowed for a stdio server; remove it, or write `type: streamable-http`',
      };
    if (Object.keys(fields.headers ?? {}).length > 0)
      yield {
        path: ['headers'],
        message: 'not allowed for a stdio server; pass values in `env` or `args` instead',
      };
  } else if (command === undefined) {
    if (url === undefined) yield { path: ['url'], message: `required for a ${inferred} server; add it` };
    if (httpPort !== undefined)
      yield { path: ['httpPort'], message: 'only for a server that `command` starts; remove it' };
    for (const field of ['env', 'workdir'] as const)
      if (fields[field] !== undefined && !isEmptyRecord(fields[field]))
        yield { path: [field], message: 'only for a server that `command` starts; remove it' };
  } else if (url !== undefined) {
    yield {
      path: ['url'],
      message: 'stands beside `command`; keep one of them (a command that serves HTTP takes `httpPort`)',
    };
  } else if (httpPort === undefined) {
    yield {
      path: ['httpPort'],
      message: 'required for a command that serves HTTP; add the port that it listens on',
    };
  }
  if (command === undefined && (fields.args ?? []).length > 0)
    yield {
      path: ['args'],
      message: 'only for a server that `command` starts; add `command` or remove them',
    };
}

function* authIssues(auth: AuthInput): Generator<FieldIssue> {
  if (auth.authorizationServer !== undefined) {
    const path = ['auth', 'authorizationServer'];
    if (auth.type !== 'oauth')
      yield { path, message: 'only for `auth.type: oauth`; remove it or set the type' };
    if (auth.forwardToken === true)
      yield { path, message: 'does not go with `auth.forwardToken`; remove one of them' };
    if (auth.tokenExchange?.enabled === true)
      yield { path, message: 'does not go with `auth.tokenExchange`; remove one of them' };
  }
}

const UNSUPPORTED = 'not supported by this version';

function* unbuiltIssues(fields: RuledFields): Generator<FieldIssue> {
  const { auth } = fields;
  if (auth?.type === 'oauth')
    yield {
      path: ['auth', 'type'],
      message: `\`oauth\` is ${UNSUPPORTED}; put a token into \`headers\` instead`,
    };
  if (auth?.forwardToken === true)
    yield { path: ['auth', 'forwardToken'], message: `${UNSUPPORTED}; remove it` };
  if (auth?.requiredAudiences !== undefined)
    yield { path: ['auth', 'requiredAudiences'], message: `${UNSUPPORTED}; remove it` };
  if (auth?.tokenExchange?.enabled === true)
    yield { path: ['auth', 'tokenExchange'], message: `${UNSUPPORTED}; remove it` };
  if (fields.placement !== 'process')
    yield { path: ['placement'], message: `\`${fields.placement}\` is ${UNSUPPORTED}; write \`process\`` };
  else if (fields.image !== undefined)
    yield {
      path: ['image'],
      message: 'only for `placement: workload`, which this version does not support; remove it',
    };
}

function isEmptyRecord(value: string | Readonly<Record<string, string>>): boolean {
  return typeof value !== 'string' && Object.keys(value).length === 0;
}
