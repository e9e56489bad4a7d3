/** Autobahn section 5: fragmentation. */
import { maskedFrame } from '../../wire.ts';
import { BINARY, type Case, CONTINUATION, PING, PONG, part, TEXT } from './frames.ts';

const last = (payload: string): Buffer => maskedFrame(CONTINUATION, payload);
const WHOLE: Case['echoes'] = [[TEXT, 'fragment1fragment2']];
const two = [part(TEXT, 'fragment1'), last('fragment2')];
const pinged = [part(TEXT, 'fragment1'), maskedFrame(PING, 'ping'), last('fragment2')];
const five = ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5'];

const accepted: Case[] = [
  { name: '5.3 a text in two fragments', sends: two, echoes: WHOLE },
  { name: '5.4 the same in packets of three bytes', sends: two, chop: 3, echoes: WHOLE },
  { name: '5.5 the same byte by byte', sends: two, chop: 1, echoes: WHOLE },
  { name: '5.6 with a ping between', sends: pinged, echoes: WHOLE, pongs: ['ping'] },
  { name: '5.7 the same in packets of three bytes', sends: pinged, chop: 3, echoes: WHOLE, pongs: ['ping'] },
  { name: '5.8 the same byte by byte', sends: pinged, chop: 1, echoes: WHOLE, pongs: ['ping'] },
  {
    name: '5.19 five fragments with pings and a pause',
    sends: [
      part(TEXT, five[0]!),
      part(CONTINUATION, five[1]!),
      maskedFrame(PING, 'pongme 1!'),
      part(CONTINUATION, five[2]!),
      part(CONTINUATION, five[3]!),
      maskedFrame(PING, 'pongme 2!'),
      last(five[4]!),
    ],
    chop: 16,
    echoes: [[TEXT, five.join('')]],
    pongs: ['pongme 1!', 'pongme 2!'],
  },
  {
    name: '5.20 a binary in fragments, empty ones among them, a pong between',
    sends: [
      part(BINARY, ''),
      maskedFrame(PONG, 'p'),
      part(CONTINUATION, '\x00\xff'),
      part(CONTINUATION, ''),
      last(''),
    ],
    echoes: [[BINARY, '\x00\xff']],
  },
];

const refused: Case[] = [
  {
    name: '5.1 a ping in two fragments',
    sends: [part(PING, 'fragment1'), last('fragment2')],
    closedWith: 1002,
  },
  {
    name: '5.2 a pong in two fragments',
    sends: [part(PONG, 'fragment1'), last('fragment2')],
    closedWith: 1002,
  },
  ...[undefined, 1].flatMap((chop): Case[] => {
    const how = chop === undefined ? {} : { chop };
    const behind = [maskedFrame(TEXT, 'Hello')];
    return [
      {
        name: `5.9-5.11 a last fragment of nothing (${chop ?? 'one packet'})`,
        sends: [last('non-continuation'), ...behind],
        closedWith: 1002,
        ...how,
      },
      {
        name: `5.12-5.14 a fragment of nothing (${chop ?? 'one packet'})`,
        sends: [part(CONTINUATION, 'non-continuation'), ...behind],
        closedWith: 1002,
        ...how,
      },
    ];
  }),
  {
    name: '5.15 a text in two fragments, then a fragment of nothing',
    sends: [...two, part(CONTINUATION, 'fragment3'), maskedFrame(TEXT, 'fragment4')],
    echoes: WHOLE,
    closedWith: 1002,
  },
  {
    name: '5.16 a fragment of nothing, then a text in two',
    sends: [part(CONTINUATION, 'fragment1'), ...two],
    closedWith: 1002,
  },
  {
    name: '5.17 a last fragment of nothing, then a text in two',
    sends: [last('fragment1'), ...two],
    closedWith: 1002,
  },
  {
    name: '5.18 a text inside a text',
    sends: [part(TEXT, 'fragment1'), maskedFrame(TEXT, 'fragment2')],
    closedWith: 1002,
  },
  {
    name: '5.18 a binary inside a text',
    sends: [part(TEXT, 'fragment1'), maskedFrame(BINARY, 'fragment2')],
    closedWith: 1002,
  },
];

export const FRAGMENT_CASES: readonly Case[] = [...accepted, ...refused];
