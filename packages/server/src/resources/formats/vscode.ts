// `.vscode/mcp.json`: `{"servers": {"name": {…}}, "inputs": [{"id": …}]}`. The editor asks its user for inputs; here
// each becomes a variable (see editor-variables.ts).

import { isRecord } from '../is-record.ts';
import { readClientMap } from './client-entry.ts';
import type { ReadFormat } from './format.ts';

export const readVscode: ReadFormat = ({ servers, inputs }, folder) =>
  isRecord(servers)
    ? readClientMap(servers, {
        format: 'vscode',
        key: 'servers',
        folder,
        inputs: Array.isArray(inputs) ? inputs : [],
        inWorkspace: true,
      })
    : [];
