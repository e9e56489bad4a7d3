/**
 * The `wsrelay.*` options of a router (`relay.md` § 1) as one checked, frozen value.
 * Defaults stand in this table and nowhere else.
 */
import { HubError } from '../../base/index.ts';
import type { MiddlewareOptions } from '../../http/index.ts';
import { isHeaderToken } from '../client/header-list.ts';
import type { PayloadMode } from '../client/inbound.ts';
import { readAllowedOrigins } from '../client/origin.ts';

/** Options of one router's WebSocket relay. Durations in milliseconds, sizes in bytes; `0` = off or unlimited where said. */
export interface RelayOptions {
  /** The origin list as written; `''` = same host only. */
  readonly allowedOrigins: string;
  readonly payloadMode: PayloadMode;
  /** Heartbeat period when the handler gives none; `0` = off. */
  readonly heartbeatMs: number;
  /** Largest client message after reassembly and decompression. Beyond: closed with 1009. */
  readonly messageBytesMax: number;
  /** Client messages the target has not taken. Beyond: the socket is paused. */
  readonly unreadMessagesMax: number;
  /** Bytes of client messages the target has not taken. Beyond: the socket is paused. */
  readonly inboundBytesMax: number;
  /** Bytes queued towards the client. Beyond: closed with 1013. */
  readonly queuedBytesMax: number;
  /** Period of server pings; `0` = off. */
  readonly pingIntervalMs: number;
  /** Silence allowed after a ping. Beyond: the socket is destroyed. */
  readonly pingTimeoutMs: number;
  /** How long the peer may take to answer a close frame. Beyond: the socket is destroyed. */
  readonly closeTimeoutMs: number;
  /** Open connections of this router; `0` = unlimited. Beyond: 503. */
  readonly connectionsMax: number;
  /** Subprotocols offered, in configuration order. */
  readonly subprotocols: readonly string[];
  /** Offer permessage-deflate. */
  readonly isCompressionOffered: boolean;
}

/** What reading options came to: the value, and keys nobody knows (`relay.md` E2: a warning each). */
export interface ParsedRelayOptions {
  readonly options: RelayOptions;
  readonly unknownKeys: readonly string[];
}

const PREFIX = 'wsrelay.';
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'wsrelay.allowed.origins',
  'wsrelay.payload',
  'wsrelay.heartbeat.interval',
  'wsrelay.max.message.size',
  'wsrelay.mailbox.limit',
  'wsrelay.inbound.limit',
  'wsrelay.send.limit',
  'wsrelay.ping.interval',
  'wsrelay.ping.timeout',
  'wsrelay.close.timeout',
  'wsrelay.max.connections',
  'wsrelay.subprotocols',
  'wsrelay.compression',
]);

/**
 * Reads the options of one router.
 * @throws MH_HTTP_OPTION_INVALID, MH_RELAY_OPTION_INVALID naming the key and the value
 */
export function parseRelayOptions(given: MiddlewareOptions): ParsedRelayOptions {
  const payloadMode = readPayloadMode(given);
  const options: RelayOptions = Object.freeze({
    allowedOrigins: readAllowedOrigins(given, 'wsrelay.allowed.origins'),
    payloadMode,
    heartbeatMs: given.durationMs(payloadMode === 'table' ? '0' : '30s', 'wsrelay.heartbeat.interval'),
    messageBytesMax: given.integer(1_048_576, 1, 'wsrelay.max.message.size'),
    unreadMessagesMax: given.integer(256, 1, 'wsrelay.mailbox.limit'),
    inboundBytesMax: given.integer(2_097_152, 1, 'wsrelay.inbound.limit'),
    queuedBytesMax: given.integer(4_194_304, 1, 'wsrelay.send.limit'),
    pingIntervalMs: given.durationMs('30s', 'wsrelay.ping.interval'),
    pingTimeoutMs: given.durationMs('10s', 'wsrelay.ping.timeout'),
    closeTimeoutMs: given.durationMs('5s', 'wsrelay.close.timeout'),
    connectionsMax: given.integer(0, 0, 'wsrelay.max.connections'),
    subprotocols: readSubprotocols(given),
    isCompressionOffered: given.flag(false, 'wsrelay.compression'),
  });
  const unknownKeys = [...given.keys()].filter((key) => key.startsWith(PREFIX) && !KNOWN_KEYS.has(key));
  return { options, unknownKeys };
}

function readPayloadMode(given: MiddlewareOptions): PayloadMode {
  const text = given.text('table', 'wsrelay.payload');
  if (text === 'table' || text === 'json' || text === 'raw') return text;
  throw invalidOption('wsrelay.payload', text, 'table, json or raw');
}

function readSubprotocols(given: MiddlewareOptions): readonly string[] {
  const tokens = given.list('', 'wsrelay.subprotocols');
  for (const token of tokens) {
    if (!isHeaderToken(token)) throw invalidOption('wsrelay.subprotocols', token, 'subprotocol tokens');
  }
  return Object.freeze([...tokens]);
}

function invalidOption(key: string, value: string, expected: string): HubError {
  return new HubError('MH_RELAY_OPTION_INVALID', {
    message: `Cannot use option '${key}': expected ${expected}, got '${value}'`,
    hint: 'Correct the value in options or post_options of the router, or remove the key for the default.',
    details: { key, value },
  });
}
