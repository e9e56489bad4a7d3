/** Whatever a handler does with its response, the client gets one well-formed response with those bytes. */
import { request } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HubError } from '../../../src/base/index.ts';
import { bootHttp } from '../../support/http-world.ts';

type Step =
  | { readonly do: 'status'; readonly status: number }
  | { readonly do: 'header'; readonly name: string; readonly value: string }
  | { readonly do: 'write'; readonly bytes: Uint8Array }
  | { readonly do: 'flush' }
  | { readonly do: 'transfer'; readonly mode: 'chunked' | 'sse' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('status' as const), status: fc.integer({ min: 190, max: 610 }) }),
  fc.record({
    do: fc.constant('header' as const),
    name: fc.constantFrom(
      'X-A',
      'Content-Type',
      'Content-Length',
      'Transfer-Encoding',
      'Connection',
      'Trailer',
      'X-WS-Relay',
      'Date',
    ),
    value: fc.oneof(
      fc.constantFrom('5', 'chunked', 'close', 'upgrade', 'a\r\nb: c', ''),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
  }),
  fc.record({ do: fc.constant('write' as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
  fc.constant<Step>({ do: 'flush' }),
  fc.record({
    do: fc.constant('transfer' as const),
    mode: fc.constantFrom('chunked' as const, 'sse' as const),
  }),
);

test('PreparedResponse makes one well-formed response of any sequence of calls (http.md W1-W8)', async () => {
  let steps: readonly Step[] = [];
  let expected = { status: 200, body: Buffer.alloc(0) };
  const world = await bootHttp({
    routes: {
      'GET /x': ({ response }) => {
        let status = 200;
        let isCommitted = false;
        const body: Uint8Array[] = [];
        for (const each of steps) {
          try {
            if (each.do === 'status') {
              response.setStatus(each.status);
              status = each.status;
            } else if (each.do === 'header') response.setHeader(each.name, each.value);
            else if (each.do === 'transfer') response.setTransfer(each.mode);
            else {
              if (each.do === 'flush') response.flush();
              else {
                response.write(Buffer.from(each.bytes));
                body.push(each.bytes);
              }
              isCommitted = true;
            }
          } catch (error) {
            expect(error).toBeInstanceOf(HubError);
            expect(isCommitted || each.do === 'header' || each.do === 'status').toBe(true);
          }
        }
        if (!response.isTouched) response.setStatus(200);
        const isBodiless = status === 204 || status === 304;
        expected = { status, body: isBodiless ? Buffer.alloc(0) : Buffer.concat(body) };
        return undefined;
      },
    },
  });
  const port = await world.listen();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (sequence) => {
      steps = sequence;
      const got = await new Promise<{ status: number; body: Buffer; names: string[] }>((resolve, reject) => {
        const call = request({ host: '127.0.0.1', port, path: '/x', agent: false }, async (answer) => {
          const chunks: Buffer[] = [];
          for await (const chunk of answer) chunks.push(chunk as Buffer);
          resolve({
            status: answer.statusCode!,
            body: Buffer.concat(chunks),
            names: Object.keys(answer.headers),
          });
        });
        call.on('error', reject);
        call.end();
      });
      expect({ status: got.status, body: got.body }).toEqual(expected);
      expect(got.names).not.toContain('b');
      expect(got.names).not.toContain('x-ws-relay');
    }),
    { numRuns: 200 },
  );
});
