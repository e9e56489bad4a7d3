/** From a request to a connection, or to an answer instead (`relay.md` § 2). */
import { HubError } from '../../base/index.ts';
import type { Exchange } from '../../http/index.ts';
import type { ClientProcess } from './client-process.ts';
import type { RelayContext } from './context.ts';
import { ENDINGS } from './ending.ts';
import { toObservedRequest } from './observer.ts';
import {
  describeRefusal,
  type Refusal,
  type RelayLayer,
  SHUTTING_DOWN,
  TOO_MANY_CONNECTIONS,
} from './refusal.ts';

/** Whether the handler left the answer to the relay: it neither failed nor wrote anything itself (H7, § 13). */
export function isLeftToRelay({ failure, response }: Exchange): boolean {
  return (
    failure === undefined &&
    !response.isCommitted &&
    !response.isStreaming &&
    !response.hasBodyStream &&
    response.byteCount === 0
  );
}

/**
 * Turns a decided exchange into a connection: starts its process, then hands the socket over.
 *
 * The process comes first, because starting it is the last thing that can be refused, and a refusal is http's to
 * send: once the socket is taken nobody would answer. Ways it ends, and why each is safe:
 *   the client is gone     its target hears a join and a leave: what the handler started for it must learn that
 *                          nobody comes, or every handshake that is broken off leaves a process behind (H13)
 *   no process is started  as many run as may, or the system stops: nothing was taken, the client gets 503
 *   `handOver` throws      a fault of ours: the process ends, and with it whatever it was counted in; a socket that
 *                          left http is destroyed, else http answers 500; http logs the error
 *   `handOver` returns     the connection owns the socket and ends in its own ways
 *
 * @param handOver takes the exchange over, counts the connection, writes the head and opens the wire
 */
export function accept(
  relay: RelayContext,
  layer: RelayLayer,
  exchange: Exchange,
  process: ClientProcess,
  handOver: () => void,
): 'answered' {
  try {
    relay.system.spawnProgram({ hostId: exchange.server.id, program: process });
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const refusal = error.code === 'MH_PROCESS_TOO_MANY' ? TOO_MANY_CONNECTIONS : SHUTTING_DOWN;
    return refuse(relay, layer, exchange, { ...refusal, cause: error.message });
  }
  const { entryId, pid, target } = process;
  relay.slot.observer?.opened({ ...toObservedRequest(exchange), pid, entryId, target });
  try {
    if (isGone(exchange)) missClient(process);
    else handOver();
  } catch (error) {
    relay.system.terminate(process.pid);
    if (exchange.isTaken) exchange.request.raw.socket.destroy();
    throw error;
  }
  return 'answered';
}

/** Whether the client went before its connection began. */
function isGone({ isGone, upgrade }: Exchange): boolean {
  return isGone || upgrade?.socket.destroyed === true;
}

function missClient(process: ClientProcess): void {
  process.open();
  process.end(ENDINGS.connectionLost);
}

/** Answers a request that becomes no connection, and says so to observer and log. */
export function refuse(
  relay: RelayContext,
  layer: RelayLayer,
  exchange: Exchange,
  refusal: Refusal,
): 'answered' {
  relay.slot.observer?.refused(toObservedRequest(exchange), refusal);
  // Bodies are lines of ours: a stranger makes no further kinds, what he sent stands in the fields.
  const kind = `${layer.prefix} ${layer.place.router.id} ${refusal.body}`;
  relay.limitedLog.write(kind, 'warn', 'relay handshake refused', describeRefusal(layer, exchange, refusal));
  const { status, body, detail, headers } = refusal;
  exchange.response.answer(status, detail === undefined ? body : `${body}: ${detail}`, headers);
  return 'answered';
}
