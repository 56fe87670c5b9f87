// Calls that are made for a task say so: they carry the claim on it in `_meta`. Such a call goes on only while the claim is
// in force, so that an agent that was taken for dead and wakes up does nothing any more. Calls without one are not touched.

import { type Member, type Message, objectEntries, spanText, stringValue } from '@tutti/wire';
import { AppError, toAppError } from '../kernel/errors.ts';
import type { Core } from './core.ts';
import type { Exchange } from './exchange.ts';
import type { ClaimRef } from './ports.ts';
import { INVALID_PARAMS, rpcError, rpcErrorOf } from './protocol/rpc.ts';

/** The member of `_meta`: `{"task_id": …, "claim": …}`. */
export const CLAIM_META = 'dev.tutti/claim';

/** The place of the claim in a call that carries one. */
export function claimIn(message: Message): Member | undefined {
  return message.method === 'tools/call' ? message.metaMembers.get(CLAIM_META) : undefined;
}

/** Makes the exchange wait for the word on its claim before it goes its way. */
export function guardByClaim(core: Core, exchange: Exchange, place: Member): void {
  const { carrier: onwards } = exchange;
  exchange.carrier = {
    submit(taken) {
      const ref = readClaim(exchange.request, place);
      if (ref === undefined)
        return taken.fail(
          rpcError(
            INVALID_PARAMS,
            `params._meta["${CLAIM_META}"] must be {"task_id": the id of a task, "claim": the number that it was handed out with}.`,
          ),
        );
      void follow(taken, ref);
    },
  };

  async function follow(taken: Exchange, ref: ClaimRef): Promise<void> {
    const { principal, roles = [] } = taken.caller;
    try {
      await core.claims.require(ref, { principal, roles });
      // Its client may have gone, and its deadline passed.
      if (taken.finished) return;
      taken.carrier = onwards;
      submit(taken);
    } catch (error) {
      const failure = toAppError(error);
      if (failure.code === 'internal') core.events.internalError(error);
      taken.fail(rpcErrorOf(failure));
    }
  }

  function submit(taken: Exchange): void {
    if (onwards !== undefined) return onwards.submit(taken);
    const slot = core.pool.slot(taken.server);
    if (slot !== undefined) return slot.submit(taken);
    taken.fail(rpcErrorOf(new AppError('not_found', `There is no server ${taken.server}.`)));
  }
}

/** Undefined: it is none. What is there twice is none either: whoever reads it after us may take the other one. */
function readClaim({ bytes }: Message, place: Member): ClaimRef | undefined {
  const entries = objectEntries(bytes, place);
  const [task, ...otherTasks] = entries.filter(({ key }) => key === 'task_id');
  const [claim, ...otherClaims] = entries.filter(({ key }) => key === 'claim');
  if (task === undefined || claim === undefined || otherTasks.length + otherClaims.length > 0)
    return undefined;
  const taskId = stringValue(bytes, task.value);
  const number = spanText(bytes, claim.value);
  return taskId === undefined || !/^[1-9]\d{0,14}$/.test(number)
    ? undefined
    : { taskId, claim: Number(number) };
}
