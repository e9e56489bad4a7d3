/** Handing messages over: into the mailbox of a process of this node, or to the session with another node. */
import type { Pid } from '../../base/index.ts';
import type { Receipt } from '../mail/message.ts';
import type { ProcessRecord, Ref } from '../record/record.ts';
import type { StartOptions } from '../record/request.ts';
import { assertHeld, assertReachable, assertTopic, mailboxFull } from './refusal.ts';

/**
 * Puts a message into a mailbox.
 * @throws MH_PROCESS_MAILBOX_FULL, MH_PROCESS_HOST_STOPPED
 */
export function deliverLocal(
  record: ProcessRecord,
  from: Pid | undefined,
  topic: string,
  payloads: readonly unknown[],
  receipt: Receipt | undefined,
): void {
  // Who counts its unread messages is a part of the host, not a program: a stopping target still hears of its
  // connections' ends (`relay.md` L9).
  if (receipt === undefined) assertReachable(record);
  if (!record.mailbox.push(from, topic, payloads, receipt)) throw mailboxFull(record);
}

/**
 * Hands a message to wherever the process is.
 * @throws as `deliverLocal`; MH_CLUSTER_CONGESTED, MH_PROCESS_NODE_NOT_FOUND
 */
export function deliver(
  ref: Ref,
  from: Pid | undefined,
  topic: string,
  payloads: readonly unknown[],
  receipt: Receipt | undefined,
): void {
  if (ref.kind === 'local') deliverLocal(ref, from, topic, payloads, receipt);
  else assertHeld(ref.session.send(from, ref.pid, topic, payloads, receipt), 'send to', ref.pid);
}

/**
 * Hands the messages of a start over: all of them or, when they do not fit, none. To another node they go one by one,
 * and what it does not take any more is refused after what it took.
 * @throws as `deliver`; MH_PROCESS_ARGUMENT_INVALID
 */
export function deliverAll(ref: Ref, { messages, caller }: StartOptions): void {
  if (messages === undefined) return;
  for (const { topic } of messages) assertTopic(topic);
  if (ref.kind === 'local' && messages.length > ref.mailbox.room) throw mailboxFull(ref);
  for (const { topic, payloads } of messages) {
    if (ref.kind === 'local') ref.mailbox.push(caller, topic, payloads, undefined);
    else deliver(ref, caller, topic, payloads, undefined);
  }
}
