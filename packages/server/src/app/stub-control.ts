import { AppError } from '../kernel/errors.ts';
import type { Control } from './control/control.ts';
const no = (): never => {
  throw new AppError('unavailable', 'not yet');
};
export const STUB: Control = {
  apply: no,
  check: no,
  remove: no,
  resources: () => [],
  resource: () => undefined,
  document: () => undefined,
  suspend: no,
  resume: no,
  start: no,
  stop: no,
  restart: no,
  reconnect: no,
  reload: no,
};
