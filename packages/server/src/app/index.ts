// What the command line starts: the host, the bridge over stdio, and what is done to a store that nobody uses.

export { type Host, type HostOptions, startHost } from './host.ts';
export { runStdio, type StdioOptions } from './stdio.ts';
export {
  backupStore,
  checkBackup,
  copyStoreTo,
  restoreStore,
  type Filled,
  type Restored,
  type StorePlace,
} from './store-commands.ts';
