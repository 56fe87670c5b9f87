// What the command line starts: the host, and the bridge over stdio.

export { type Host, type HostOptions, startHost } from './host.ts';
export { runStdio, type StdioOptions } from './stdio.ts';
