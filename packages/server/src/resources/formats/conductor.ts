// conductor's controller: its configuration file (`controller`, `scheduler`, `monitoring`) and the ConfigMap that holds
// that file or its variables. What means something here becomes a Gateway; the rest is named in a warning each.

import { API_VERSION } from '@tutti/schemas';
import { isRecord } from '../is-record.ts';
import type { FieldPath } from '../problem.ts';
import { parseText } from '../read-text.ts';
import type { Draft, FieldNote, ReadFormat } from './format.ts';

type Fields = Readonly<Record<string, unknown>>;

const SECTIONS = ['controller', 'scheduler', 'monitoring'] as const;
/** They stand beside those sections in files that an agent reads too. */
const AGENT_SECTIONS = ['agent', 'executor'] as const;

const AT_ONCE = 'has no effect: changes are taken up when they come';
const ONE_PORT =
  'has no effect: metrics and health are at `/metrics`, `/healthz` and `/readyz` of the one port, see `--host` and `--port`';
const LEADER = 'has no effect: the database says who leads';

/** Why a field of the file has no effect. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'controller.reconcileInterval': AT_ONCE,
  'controller.maxConcurrentReconciles': 'has no effect: there is no such limit',
  'monitoring.metricsAddr': ONE_PORT,
  'monitoring.healthAddr': ONE_PORT,
  'monitoring.domainLabels': 'has no effect: metrics have the labels that `/metrics` shows',
};

const DOMAIN_VARIABLE = 'CONTROLLER_DOMAIN';
const VARIABLES: Readonly<Record<string, string | undefined>> = {
  METRICS_ADDR: ONE_PORT,
  PROBE_ADDR: ONE_PORT,
  LEADER_ELECTION: LEADER,
  LEADER_ELECTION_ID: LEADER,
  RECONCILE_INTERVAL: AT_ONCE,
  MAX_CONCURRENT_RECONCILES: 'has no effect: there is no such limit',
  WATCH_NAMESPACE: 'has no effect: what is watched is declared by Sources',
  [DOMAIN_VARIABLE]: undefined,
};

/** Whether the value is such a file, or a ConfigMap with one or with its variables. */
export function isConductor(value: Fields): boolean {
  if (value['kind'] !== 'ConfigMap') return isControllerFile(value);
  const { data } = value;
  return isRecord(data) && (Object.keys(data).some((name) => name in VARIABLES) || filesOf(data).length > 0);
}

export const readConductor: ReadFormat = (value) => {
  if (value['kind'] !== 'ConfigMap') return [draftOf(readFile(value, []))];
  const { data } = value;
  if (!isRecord(data)) return [];
  const parts = filesOf(data).map(({ name, file }) => readFile(file, ['data', name], true));
  return [draftOf(joined([...parts, readVariables(data)]))];
};

interface Read {
  readonly domain?: unknown;
  readonly domainAt?: FieldPath;
  readonly scheduler?: unknown;
  readonly schedulerAt?: FieldPath;
  readonly warnings: readonly FieldNote[];
}

/** `isText`: the file is text inside of another one, so that only the whole of it has a place. */
function readFile(file: Fields, at: FieldPath, isText = false): Read {
  const warnings: FieldNote[] = [];
  const place = (...field: FieldPath): FieldPath => (isText ? at : [...at, ...field]);
  const warn = (section: string, field: string | undefined, message: string): void => {
    const name = field === undefined ? section : `${section}.${field}`;
    const words = isText ? `\`${name}\` ${message}` : message;
    warnings.push({ field: field === undefined ? place(section) : place(section, field), message: words });
  };
  for (const section of SECTIONS) {
    const fields = file[section];
    if (!isRecord(fields)) continue;
    for (const field of Object.keys(fields)) {
      const isTaken = section === 'scheduler' || (section === 'controller' && field === 'domain');
      if (!isTaken) warn(section, field, WITHOUT_EFFECT[`${section}.${field}`] ?? 'has no effect in Tutti');
    }
  }
  for (const section of AGENT_SECTIONS)
    if (section in file)
      warn(section, undefined, 'is about an agent; give the file to the agent: `tutti agent --config FILE`');
  const { controller, scheduler } = file;
  const domain = isRecord(controller) ? controller['domain'] : undefined;
  return {
    domain: domain === '' ? undefined : domain,
    domainAt: place('controller', 'domain'),
    scheduler,
    schedulerAt: place('scheduler'),
    warnings,
  };
}

function readVariables(data: Fields): Read {
  const warnings = Object.keys(data).flatMap((name): FieldNote[] => {
    const message = VARIABLES[name];
    return message === undefined ? [] : [{ field: ['data', name], message }];
  });
  const domain = data[DOMAIN_VARIABLE];
  return domain === undefined || domain === ''
    ? { warnings }
    : { domain, domainAt: ['data', DOMAIN_VARIABLE], warnings };
}

/** A variable comes before a file, as in conductor. */
function joined(parts: readonly Read[]): Read {
  const withDomain = parts.findLast(({ domain }) => domain !== undefined);
  const withScheduler = parts.findLast(({ scheduler }) => scheduler !== undefined);
  return {
    ...(withDomain?.domainAt === undefined
      ? {}
      : { domain: withDomain.domain, domainAt: withDomain.domainAt }),
    ...(withScheduler?.schedulerAt === undefined
      ? {}
      : { scheduler: withScheduler.scheduler, schedulerAt: withScheduler.schedulerAt }),
    warnings: parts.flatMap(({ warnings }) => warnings),
  };
}

function draftOf({ domain, domainAt = [], scheduler, schedulerAt = [], warnings }: Read): Draft {
  return {
    document: {
      apiVersion: API_VERSION,
      kind: 'Gateway',
      metadata: { name: 'gateway' },
      spec: {
        coordination: {
          ...(domain === undefined ? {} : { domain }),
          ...(scheduler === undefined ? {} : { scheduler }),
        },
      },
    },
    at: [],
    toFileField([, , field, ...rest]) {
      if (field === 'domain') return domainAt;
      if (field !== 'scheduler') return [];
      // Inside of a text only the whole of it has a place.
      return schedulerAt[0] === 'data' ? schedulerAt : [...schedulerAt, ...rest];
    },
    warnings,
  };
}

function isControllerFile(value: Fields): boolean {
  const names = Object.keys(value);
  const known: readonly string[] = [...SECTIONS, ...AGENT_SECTIONS];
  return (
    names.length > 0 &&
    names.every((name) => known.includes(name) && isRecord(value[name])) &&
    SECTIONS.some((name) => name in value)
  );
}

/** The entries of a ConfigMap that are such a file. */
function filesOf(data: Fields): readonly { readonly name: string; readonly file: Fields }[] {
  return Object.entries(data).flatMap(([name, text]) => {
    if (typeof text !== 'string' || !/\.ya?ml$|\.json$/.test(name)) return [];
    const { documents, errors } = parseText(name, text);
    const file = documents[0]?.value;
    return errors.length === 0 && isRecord(file) && isControllerFile(file) ? [{ name, file }] : [];
  });
}
