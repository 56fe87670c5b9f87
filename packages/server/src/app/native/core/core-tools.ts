// Tutti's own tools to look after a running Tutti. They are for administrators: a command in a declaration is run.

import type { NativeTool } from '../native-tool.ts';
import { authTools } from './auth-tools.ts';
import { configTools } from './config-tools.ts';
import type { Running } from '../native-deps.ts';
import { eventTools } from './event-tools.ts';
import { serverTools } from './server-tools.ts';
import { serviceTools } from './service-tools.ts';

export function createCoreTools(core: Running): readonly NativeTool[] {
  return [
    ...serverTools(core),
    ...serviceTools(core),
    ...configTools(core),
    ...eventTools(core),
    ...authTools(core),
  ];
}
