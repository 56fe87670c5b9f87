// How a command finds the running hosts and their declarations. Apart from ./app, so that a command that only asks
// does not load the host.

export { readEnvironment } from './app/environment.ts';
export { readRunningInstance } from './app/instance-file.ts';
export { listRunningInstances, resolveStateDir } from './app/state-dir.ts';
export { discoverPath } from './sources/files/project.ts';
