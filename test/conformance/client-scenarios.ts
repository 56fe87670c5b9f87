// The client scenarios of the suite, all but auth/*: what the gateway does as the client of a server.

import type { Revision } from './suite.ts';

export interface ClientScenario {
  readonly name: string;
  /** The wire it runs on; undefined for an extension, which has no revision of its own. */
  readonly version: '2025-06-18' | Revision | undefined;
}

export const clientScenarios: readonly ClientScenario[] = [
  { name: 'initialize', version: '2025-06-18' },
  { name: 'initialize', version: '2025-11-25' },
  { name: 'tools_call', version: '2025-06-18' },
  { name: 'tools_call', version: '2025-11-25' },
  { name: 'tools_call', version: '2026-07-28' },
  { name: 'elicitation-sep1034-client-defaults', version: '2025-11-25' },
  { name: 'sse-retry', version: '2025-11-25' },
  { name: 'json-schema-2020-12-preservation', version: '2025-11-25' },
  { name: 'json-schema-2020-12-preservation', version: '2026-07-28' },
  { name: 'request-metadata', version: '2026-07-28' },
  { name: 'sep-2322-client-request-state', version: '2026-07-28' },
  { name: 'http-standard-headers', version: '2026-07-28' },
  { name: 'http-custom-headers', version: '2026-07-28' },
  { name: 'http-invalid-tool-headers', version: '2026-07-28' },
  { name: 'json-schema-ref-no-deref', version: '2026-07-28' },
  { name: 'sep-2640-client-no-prefetch', version: undefined },
  { name: 'sep-2640-client-verify-digest', version: undefined },
  { name: 'sep-2640-client-verify-size', version: undefined },
  { name: 'sep-2640-client-verify-frontmatter', version: undefined },
];
