// What the command line starts: the host, the bridge over stdio, and how running hosts are found.

export { discoverPath } from '../sources/files/discover-path.ts';
export { readEnvironment } from './environment.ts';
export { type Host, type HostOptions, startHost } from './host.ts';
export { type Instance, readRunningInstance } from './instance-file.ts';
export { type FoundInstance, listRunningInstances, resolveStateDir } from './state-dir.ts';
export { runStdio, type StdioOptions } from './stdio.ts';
export { VERSION } from './version.ts';
