/** The mission documents' programs and configurations stand in this repository byte for byte. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/** SHA-256 of each code block, taken from the documents. */
const BLOCKS: Readonly<Record<string, string>> = {
  'lua/ws_auth.lua': '5703386f8a64eb2bf43896d347a4d5da377bdaac2f32957c7b705fc28a9616bd',
  'lua/ws_hub_process.lua': '37ed940ce11f060533fd2392882a476ceea4d3595e5fea25b38a368c9d9a6998',
  'registry/guide/_index.yaml': 'b039714000aabc0a3e60ffa0dbb57dbace0e9aa5c909ef254c4a2c2d902c6f7a',
  'lua/guide/reconfigure_connection.lua': 'ad56fecfb5e9fce103dada14070d679cae79178dc08911349b68caf7bddb47f4',
  'lua/relay/es/monitor.lua': '4868d0c95c090e0b025a2167a5f4989678dc0570f362fb400dbf5b95fb6d6187',
  'lua/relay/es/transfer.lua': '655de6a7e09bc3f3d2a5374dd8658fc11685ca5797d60418961ef71eb02db6a6',
  'lua/relay/es/handler.lua': '093a11019bdc3bcc1bed9c58aaab187b44d5d218054595992ac8379438f2ebbb',
  'lua/relay/es/receiver.lua': 'b860e23eca9bd051a0601392ebc9e7004a928321eeeac7534c9829d158271d6b',
  'lua/relay/es/send.lua': 'e5caba82a8f44ce70704c99d8330dc95484055ef48fc3c4b282817206997e3ef',
  'lua/relay/es/broadcast.lua': 'd10428c39d2088832afcf73d914fad2b535eccdfea3d8f90e71446e0d54f4957',
  'lua/relay/ru/monitor.lua': '8c14b66464959be006cd6b30db9ceb3fa9880c7e6bfe5c5bf4ea1880fadd62ea',
  'lua/relay/ru/transfer.lua': '655de6a7e09bc3f3d2a5374dd8658fc11685ca5797d60418961ef71eb02db6a6',
  'lua/relay/ru/handler.lua': '7a8cc954a2216be6f9a7295496e0e8eb1367ca6f68817d01706da720326389ae',
  'lua/relay/ru/receiver.lua': '3afb22981141b3f5905b1149b6884e0d4c6485cf825aeafff7541f5de7084bc8',
  'lua/relay/ru/send.lua': '7a520ede9e4931b0fd6e68a1ba4a1a3a349008cf097d89388ca5d4636807431c',
  'lua/relay/ru/broadcast.lua': '4afa2450f3a3ac8558eba3f45fb9819724989c72cd0df5f2cec658e18c81a1a8',
  'lua/relay/en/monitor.lua': '30353ec07e3cc90756e37ba2c68c222196357599fdf1417f84933288c75ae526',
  'lua/relay/en/transfer.lua': '655de6a7e09bc3f3d2a5374dd8658fc11685ca5797d60418961ef71eb02db6a6',
  'lua/relay/en/handler.lua': '93789ae06dc186a4b2e948a8d1d8008e042686e449724a3e073fae749c0da798',
  'lua/relay/en/receiver.lua': '4145ccde695dabda20a0ef7b5627e0e0172daf850ac2e8e336d8aa9b1fc61ba3',
  'lua/relay/en/send.lua': 'f27bcc69a23e0fe8a3e06b2054efb47e3e5112b6ff5f939f6c18e5ac628976bf',
  'lua/relay/en/broadcast.lua': 'e3de15c82379cf93522886893c8a113dbe49c31473abc01b2ab95b2f19081dda',
  'lua/relay/ko/monitor.lua': '3a7f81e52fd4d6c23439d9442093ae264dd7ebc6f2f3b32e4dc48c56b80b9603',
  'lua/relay/ko/transfer.lua': '655de6a7e09bc3f3d2a5374dd8658fc11685ca5797d60418961ef71eb02db6a6',
  'lua/relay/ko/handler.lua': '40ca3ad5f13ca1c29ed6a82952d6f53bfa41911b518669edca79f33e8004df3c',
  'lua/relay/ko/receiver.lua': '37d43b07ff8eb08bb038646adfb3b91453f33932d62c66082ac1fcc2cbdb4a98',
  'lua/relay/ko/send.lua': '911cfb3f2b6cfa067d8f4c9dc36b75e6d42fafd48d8de84d3d097dea0ca38fd9',
  'lua/relay/ko/broadcast.lua': 'fff525e7c9f14d97d817cd436ef5f6c937f505ce3a28f3d8c7a0b12648892785',
};

/** The router block of the relay guide, the same in its four languages. */
const ROUTER_BLOCK = '955575fa7fc57f7b660ab8ed5f2882d99d6a7ec1ee6ee9c2f5b9ae1000d70989';

describe('the documents', () => {
  it.each(Object.entries(BLOCKS))('%s is the published text', (path, hash) => {
    const bytes = readFileSync(join(ROOT, path));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(hash);
  });

  it('registry/relay/_index.yaml holds the published router block', () => {
    const text = readFileSync(join(ROOT, 'registry/relay/_index.yaml'), 'utf8');
    const start = text.indexOf('- name: ws_router');
    const block = text.slice(start, text.indexOf('\n\n', start) + 1);
    expect(createHash('sha256').update(block).digest('hex')).toBe(ROUTER_BLOCK);
  });
});
