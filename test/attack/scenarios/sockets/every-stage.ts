import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';
import { type Line, pause, post, requestHead, upgradeRequest } from '../../stranger.ts';

/** What a client may be in the middle of. */
const DIALOGUES: Readonly<Record<string, readonly (string | Buffer)[]>> = {
  request: [requestHead('GET', '/hello')],
  'slow answer': [requestHead('GET', '/nap')],
  body: [post('/body', 'x'.repeat(5000))],
  form: [
    post(
      '/form',
      '--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nxx',
      'Content-Type: multipart/form-data; boundary=b\r\n',
    ),
  ],
  'large answer': [requestHead('GET', '/big')],
  file: [requestHead('GET', '/public/big.bin')],
  stream: [requestHead('GET', '/stream')],
  events: [requestHead('GET', '/events')],
  'event relay': [requestHead('GET', '/sse')],
  echo: [
    upgradeRequest('/echo'),
    maskedFrame(1, 'x'.repeat(2000)),
    maskedFrame(9, 'p'),
    maskedFrame(8, '\x03\xe8'),
  ],
  room: [upgradeRequest('/room'), maskedFrame(1, 'x', { fin: false }), maskedFrame(0, 'y')],
  fountain: [upgradeRequest('/fountain')],
  deflate: [upgradeRequest('/echo', 'Sec-WebSocket-Extensions: permessage-deflate\r\n'), maskedFrame(1, 'x')],
};

const ENDS: readonly ((line: Line) => void)[] = [
  (line) => line.reset(),
  (line) => void line.socket.end(),
  (line) => line.destroy(),
];

export const scenario: Scenario = {
  name: 'every-stage',
  does: 'goes with FIN, RST or half a FIN after every part of what it could say, at once and a moment later',
  bound: 'each way a socket ends is told once (http/exchange/life.ts, relay/websocket/client-socket.ts)',
  async run({ stranger, amount, note, signal }) {
    const cuts = amount(12, 4);
    let count = 0;
    for (const parts of Object.values(DIALOGUES)) {
      const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1')));
      const attempts: Promise<void>[] = [];
      for (let cut = 1; cut <= cuts && !signal.aborted; cut++) {
        for (const [index, end] of ENDS.entries()) {
          for (const waitMs of [0, 2, 20]) {
            attempts.push(cutOff(Math.ceil((bytes.length * cut) / cuts), end, waitMs + index));
          }
        }
      }
      count += attempts.length;
      await Promise.all(attempts);

      async function cutOff(length: number, end: (line: Line) => void, waitMs: number): Promise<void> {
        const line = await stranger.connect();
        void line.write(bytes.subarray(0, length));
        await pause(waitMs);
        end(line);
        await Promise.race([line.closed, pause(500)]);
        line.destroy();
      }
    }
    note(`${count} connections`);
  },
};
