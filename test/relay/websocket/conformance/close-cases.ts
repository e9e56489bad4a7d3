/** Autobahn section 7: closing. */
import { maskedFrame } from '../../wire.ts';
import { type Case, CLOSE, CONTINUATION, NORMAL_CLOSE, PING, part, TEXT, utf8 } from './frames.ts';

const code = (value: number): string => String.fromCharCode(value >> 8, value & 0xff);
const close = (value: number, reason = ''): Buffer => maskedFrame(CLOSE, code(value) + reason);

const order: Case[] = [
  {
    name: '7.1.1 a message, then a close',
    sends: [maskedFrame(TEXT, 'Hello World!')],
    echoes: [[TEXT, 'Hello World!']],
  },
  { name: '7.1.2 two closes', sends: [NORMAL_CLOSE, NORMAL_CLOSE], closedWith: 1000 },
  { name: '7.1.3 a ping behind a close', sends: [NORMAL_CLOSE, maskedFrame(PING, '')], closedWith: 1000 },
  {
    name: '7.1.4 a text behind a close',
    sends: [NORMAL_CLOSE, maskedFrame(TEXT, 'Hello')],
    closedWith: 1000,
  },
  {
    name: '7.1.5 a close between fragments',
    sends: [part(TEXT, 'fragment1'), NORMAL_CLOSE, maskedFrame(CONTINUATION, 'fragment2')],
    closedWith: 1000,
  },
  {
    name: '7.1.6 256 KiB, a text, a close, a ping',
    sends: [
      maskedFrame(TEXT, 'BAsd7&jh23'.repeat(26_214)),
      maskedFrame(TEXT, 'Hello'),
      NORMAL_CLOSE,
      maskedFrame(PING, ''),
    ],
    echoes: [
      [TEXT, 'BAsd7&jh23'.repeat(26_214)],
      [TEXT, 'Hello'],
    ],
    closedWith: 1000,
  },
];

const payloads: Case[] = [
  { name: '7.3.1 a close of nothing', sends: [maskedFrame(CLOSE, '')], closedWith: 1005 },
  { name: '7.3.2 a close of one byte', sends: [maskedFrame(CLOSE, 'a')], closedWith: 1002 },
  { name: '7.3.3 a close of a code', sends: [close(1000)], closedWith: 1000 },
  { name: '7.3.4 with a reason', sends: [close(1000, 'Hello World!')], closedWith: 1000 },
  { name: '7.3.5 with a reason of 123 bytes', sends: [close(1000, '*'.repeat(123))], closedWith: 1000 },
  { name: '7.3.6 with a reason of 124 bytes', sends: [close(1000, '*'.repeat(124))], closedWith: 1002 },
  {
    name: '7.5.1 with a reason that is no text',
    sends: [close(1000, `${utf8('κόσμε')}\xed\xa0\x80edited`)],
    closedWith: 1007,
  },
];

const allowed = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const forbidden = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

export const CLOSE_CASES: readonly Case[] = [
  ...order,
  ...payloads,
  ...allowed.map(
    (value): Case => ({ name: `7.7 the code ${value}`, sends: [close(value)], closedWith: value }),
  ),
  ...forbidden.map(
    (value): Case => ({ name: `7.9, 7.13 the code ${value}`, sends: [close(value, 'x')], closedWith: 1002 }),
  ),
];
