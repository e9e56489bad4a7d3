/** Autobahn section 6: UTF-8. */
import { maskedFrame } from '../../wire.ts';
import { byteByByte, type Case, CONTINUATION, part, TEXT, utf8 } from './frames.ts';

const GREEK = utf8('κόσμε');
const MIXED = utf8('Hello-µ@ßöäüàá-UTF-8!!');

const empty: Case[] = [
  { name: '6.1.1 an empty text', sends: [maskedFrame(TEXT, '')], echoes: [[TEXT, '']] },
  {
    name: '6.1.2 three empty fragments',
    sends: [part(TEXT, ''), part(CONTINUATION, ''), maskedFrame(CONTINUATION, '')],
    echoes: [[TEXT, '']],
  },
  {
    name: '6.1.3 an empty fragment before and behind a full one',
    sends: [part(TEXT, ''), part(CONTINUATION, 'middle'), maskedFrame(CONTINUATION, '')],
    echoes: [[TEXT, 'middle']],
  },
];

/** 6.2, 6.5-6.7, 6.9, 6.11, 6.22, 6.23: texts, whole, byte by byte, and cut everywhere. */
const VALID: Readonly<Record<string, string>> = {
  '6.2 a text of many scripts': MIXED,
  '6.5 Greek': GREEK,
  '6.6.2 one byte': 'a',
  '6.7.1 NUL': '\0',
  '6.7.2 the first of two bytes': utf8('\u0080'),
  '6.7.3 the first of three bytes': utf8('\u0800'),
  '6.7.4 the first of four bytes': utf8('\u{10000}'),
  '6.9.1 the last of one byte': '\x7f',
  '6.9.2 the last of two bytes': utf8('\u07ff'),
  '6.9.3 the last of three bytes': utf8('\uffff'),
  '6.9.4 the last of all': utf8('\u{10ffff}'),
  '6.11.1 before the surrogates': utf8('\ud7ff'),
  '6.11.2 behind the surrogates': utf8('\ue000'),
  '6.11.3 the replacement character': utf8('\ufffd'),
  '6.22 characters that are none': utf8('\ufffe\uffff\u{1fffe}\u{1ffff}\u{10fffe}'),
  '6.23 specials': utf8('\ufff0\ufff9\ufffc\ufeff'),
};

/** 6.3, 6.8, 6.10, 6.12-6.21: bytes that are no text. */
const INVALID: Readonly<Record<string, string>> = {
  '6.3 a surrogate in Greek': `${GREEK}\xed\xa0\x80edited`,
  '6.8.1 a character of five bytes': '\xf8\x88\x80\x80\x80',
  '6.8.2 a character of six bytes': '\xfc\x84\x80\x80\x80\x80',
  '6.10.1 one beyond the last': '\xf7\xbf\xbf\xbf',
  '6.10.2 the last of five bytes': '\xfb\xbf\xbf\xbf\xbf',
  '6.10.3 the last of six bytes': '\xfd\xbf\xbf\xbf\xbf\xbf',
  '6.11.4 U+110000': '\xf4\x90\x80\x80',
  '6.12.1 a continuation': '\x80',
  '6.12.2 the last continuation': '\xbf',
  '6.12.3 two continuations': '\x80\xbf',
  '6.12.8 all continuations': Array.from({ length: 64 }, (_, index) =>
    String.fromCharCode(0x80 + index),
  ).join(''),
  '6.13.1 leads of two bytes, each with a space': Array.from(
    { length: 32 },
    (_, index) => `${String.fromCharCode(0xc0 + index)} `,
  ).join(''),
  '6.13.2 leads of three bytes': Array.from(
    { length: 16 },
    (_, index) => `${String.fromCharCode(0xe0 + index)} `,
  ).join(''),
  '6.13.3 leads of four bytes': '\xf0 \xf1 \xf2 \xf3 \xf4 ',
  '6.14.1 a lead of two bytes at the end': '\xc2',
  '6.14.2 two of three bytes at the end': '\xe0\xa0',
  '6.14.3 three of four bytes at the end': '\xf0\x90\x80',
  '6.15.1 all of these in a row': '\xc2\xe0\xa0\xf0\x90\x80',
  '6.16.1 FE': '\xfe',
  '6.16.2 FF': '\xff',
  '6.17.1 an overlong slash of two bytes': '\xc0\xaf',
  '6.17.2 of three': '\xe0\x80\xaf',
  '6.17.3 of four': '\xf0\x80\x80\xaf',
  '6.18.1 the largest overlong of two bytes': '\xc1\xbf',
  '6.18.2 of three': '\xe0\x9f\xbf',
  '6.18.3 of four': '\xf0\x8f\xbf\xbf',
  '6.19.1 an overlong NUL of two bytes': '\xc0\x80',
  '6.19.2 of three': '\xe0\x80\x80',
  '6.20.1 the first surrogate': '\xed\xa0\x80',
  '6.20.4 the last surrogate': '\xed\xbf\xbf',
  '6.21.1 a pair of surrogates': '\xed\xa0\x80\xed\xb0\x80',
  '6.21.8 the last pair': '\xed\xaf\xbf\xed\xbf\xbf',
};

const valid = Object.entries(VALID).flatMap(([name, text]): Case[] => [
  { name, sends: [maskedFrame(TEXT, text)], echoes: [[TEXT, text]] },
  { name: `${name}, in frames of one byte`, sends: byteByByte(TEXT, text), echoes: [[TEXT, text]] },
  {
    name: `${name}, in packets of one byte`,
    sends: [maskedFrame(TEXT, text)],
    chop: 1,
    echoes: [[TEXT, text]],
  },
]);

const invalid = Object.entries(INVALID).flatMap(([name, text]): Case[] => [
  { name, sends: [maskedFrame(TEXT, text)], closedWith: 1007 },
  { name: `${name}, in frames of one byte`, sends: byteByByte(TEXT, text), closedWith: 1007 },
]);

/** 6.4: the message goes on for ever, so only its first wrong byte can end it. */
const failFast: Case[] = [
  {
    name: '6.4.1 a wrong fragment before the last',
    sends: [part(TEXT, GREEK), part(CONTINUATION, '\xf4\x90\x80\x80')],
    closedWith: 1007,
  },
  {
    name: '6.4.2 one wrong byte before the last',
    sends: [part(TEXT, `${GREEK}\xf4`), part(CONTINUATION, '\x90')],
    closedWith: 1007,
  },
  {
    name: '6.4.3 a wrong character in a frame that goes on',
    sends: [maskedFrame(TEXT, `${GREEK}\xf4\x90\x80\x80edited`).subarray(0, -8)],
    closedWith: 1007,
  },
  {
    name: '6.4.4 its second byte, byte by byte',
    sends: [maskedFrame(TEXT, `${GREEK}\xf4\x90\x80\x80edited`).subarray(0, -8)],
    chop: 1,
    closedWith: 1007,
  },
];

export const TEXT_CASES: readonly Case[] = [...empty, ...valid, ...invalid, ...failFast];
