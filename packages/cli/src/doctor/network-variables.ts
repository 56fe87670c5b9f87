// Variables that say how this machine reaches the network. Servers get of Tutti's environment only what is declared, so
// that one behind a proxy, or with a certificate authority of its own, can work here and fail as a server.

import type { McpServerResource } from '@tutti/schemas';
import type { Check } from './checks.ts';

const NETWORK_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];
const MAX_NAMED = 5;

/** Undefined where there is nothing to say. */
export function checkNetworkVariables(
  environment: Readonly<Record<string, string | undefined>>,
  servers: readonly McpServerResource[],
): Check | undefined {
  const set = NETWORK_VARIABLES.flatMap((name) => [name, name.toLowerCase()]).filter(
    (name) => (environment[name] ?? '') !== '',
  );
  const lacking = servers.filter(
    ({ spec }) => spec.command !== undefined && set.some((name) => spec.env[name] === undefined),
  );
  if (lacking.length === 0) return undefined;
  const names = lacking.slice(0, MAX_NAMED).map(({ name }) => name);
  const more = lacking.length - names.length;
  const [first = ''] = set;
  return {
    name: 'network',
    status: 'warning',
    found: `${set.join(', ')} set here, and not passed on to ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    mend: `a server that needs one gets it when it is declared, like env: { ${first}: "\${${first}}" }`,
  };
}
