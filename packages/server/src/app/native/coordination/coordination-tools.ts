// The tools of agents and tasks. Their names and arguments are those of the systems whose clients work here.

import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { decompositionTools } from './decomposition-tools.ts';
import { delegationTools } from './delegation-tools.ts';
import { fileTools } from './file-tools.ts';
import { leaseTools } from './lease-tools.ts';
import { knowledgeTools } from './knowledge-tools.ts';
import { messageTools } from './message-tools.ts';
import { planTools } from './plan-tools.ts';
import { proofTools } from './proof-tools.ts';
import { questionTools } from './question-tools.ts';
import { prepareTools } from './prepare-tools.ts';
import { projectTools } from './project-tools.ts';
import { registryTools } from './registry-tools.ts';
import { reportTools } from './report-tools.ts';
import { roleTools } from './role-tools.ts';
import { statusTools } from './status-tools.ts';
import { taskTools } from './task-tools.ts';
import { threadTools } from './thread-tools.ts';
import { waitTools } from './wait-tools.ts';

export function createCoordinationTools(running: Running): readonly NativeTool[] {
  return [
    ...registryTools(running),
    ...statusTools(running),
    ...roleTools(running),
    ...waitTools(running),
    ...reportTools(running),
    ...taskTools(running),
    ...delegationTools(running),
    ...planTools(running),
    ...proofTools(running),
    ...questionTools(running),
    ...decompositionTools(running),
    ...leaseTools(running),
    ...fileTools(running),
    ...knowledgeTools(running),
    ...prepareTools(running),
    ...projectTools(running),
    ...messageTools(running),
    ...threadTools(running),
  ];
}
