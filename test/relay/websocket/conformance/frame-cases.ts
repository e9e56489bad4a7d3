/** Autobahn sections 1 (framing), 2 (pings and pongs), 3 (reserved bits), 4 (opcodes). */
import { maskedFrame } from '../../wire.ts';
import { BINARY, type Case, CLOSE, PING, PONG, reserved, TEXT } from './frames.ts';

const SIZES = [0, 125, 126, 127, 128, 65_535, 65_536];

const framing = [TEXT, BINARY].flatMap((opcode): Case[] => [
  ...SIZES.map((size, index): Case => {
    const payload = (opcode === TEXT ? '*' : '\xfe').repeat(size);
    return {
      name: `1.${opcode}.${index + 1} ${opcode === TEXT ? 'text' : 'binary'} of ${size} bytes`,
      sends: [maskedFrame(opcode, payload)],
      echoes: [[opcode, payload]],
    };
  }),
  {
    name: `1.${opcode}.8 ${opcode === TEXT ? 'text' : 'binary'} of 65536 bytes in packets of 997`,
    sends: [maskedFrame(opcode, '+'.repeat(65_536))],
    chop: 997,
    echoes: [[opcode, '+'.repeat(65_536)]],
  },
]);

const tenPings = Array.from({ length: 10 }, (_, index) => `payload-${index}`);

const pings: Case[] = [
  { name: '2.1 ping without payload', sends: [maskedFrame(PING, '')], pongs: [''] },
  { name: '2.2 ping with text', sends: [maskedFrame(PING, 'Hello, world!')], pongs: ['Hello, world!'] },
  {
    name: '2.3 ping with bytes',
    sends: [maskedFrame(PING, '\x00\xff\xfe\xfd\xfc\xfb\x00\xff')],
    pongs: ['\x00\xff\xfe\xfd\xfc\xfb\x00\xff'],
  },
  {
    name: '2.4 ping of 125 bytes',
    sends: [maskedFrame(PING, '\xfe'.repeat(125))],
    pongs: ['\xfe'.repeat(125)],
  },
  { name: '2.5 ping of 126 bytes', sends: [maskedFrame(PING, '\xfe'.repeat(126))], closedWith: 1002 },
  {
    name: '2.6 ping of 125 bytes, byte by byte',
    sends: [maskedFrame(PING, '\xfe'.repeat(125))],
    chop: 1,
    pongs: ['\xfe'.repeat(125)],
  },
  { name: '2.7 pong nobody asked for', sends: [maskedFrame(PONG, '')] },
  { name: '2.8 pong nobody asked for, with payload', sends: [maskedFrame(PONG, 'unsolicited')] },
  {
    name: '2.9 such a pong, then a ping',
    sends: [maskedFrame(PONG, 'unsolicited'), maskedFrame(PING, 'ping')],
    pongs: ['ping'],
  },
  { name: '2.10 ten pings', sends: tenPings.map((text) => maskedFrame(PING, text)), pongs: tenPings },
  {
    name: '2.11 ten pings, byte by byte',
    sends: tenPings.map((text) => maskedFrame(PING, text)),
    chop: 1,
    pongs: tenPings,
  },
];

const reservedBits: Case[] = [
  { name: '3.1 RSV3 on a text', sends: [reserved(1, TEXT, 'Hello')], closedWith: 1002 },
  {
    name: '3.2 a text, then RSV2 on a text, then a ping',
    sends: [maskedFrame(TEXT, 'Hello'), reserved(2, TEXT, 'Hello'), maskedFrame(PING, '')],
    echoes: [[TEXT, 'Hello']],
    closedWith: 1002,
  },
  {
    name: '3.3 RSV2 and RSV3 on a text, in one packet',
    sends: [reserved(3, TEXT, 'Hello')],
    closedWith: 1002,
  },
  {
    name: '3.4 RSV1 on a text, byte by byte',
    sends: [reserved(4, TEXT, 'Hello')],
    chop: 1,
    closedWith: 1002,
  },
  { name: '3.5 RSV1 and RSV3 on a binary', sends: [reserved(5, BINARY, '\x00\xff')], closedWith: 1002 },
  { name: '3.6 RSV1 and RSV2 on a ping', sends: [reserved(6, PING, 'Hello')], closedWith: 1002 },
  { name: '3.7 all three on a close', sends: [reserved(7, CLOSE, '\x03\xe8')], closedWith: 1002 },
];

const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode, index): Case[] => {
  const name = `4.${index < 5 ? 1 : 2}.${(index % 5) + 1} opcode ${opcode}`;
  return [
    { name, sends: [maskedFrame(opcode, index % 2 === 0 ? '' : 'reserved')], closedWith: 1002 },
    {
      name: `${name} behind a text, byte by byte`,
      sends: [maskedFrame(TEXT, 'Hello'), maskedFrame(opcode, ''), maskedFrame(PING, '')],
      chop: 1,
      echoes: [[TEXT, 'Hello']],
      closedWith: 1002,
    },
  ];
});

export const FRAME_CASES: readonly Case[] = [...framing, ...pings, ...reservedBits, ...opcodes];
