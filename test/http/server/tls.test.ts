import { readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseTls } from '../../../src/http/server/tls.ts';
import { bootHttp, type Handler } from '../../support/http-world.ts';

const pem = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');
const SERVER = { mode: 'manual', cert: pem('server.pem'), key: pem('server.key') };
const CLIENT = { cert: pem('client.pem'), key: pem('client.key') };
const STRANGER = { cert: pem('stranger.pem'), key: pem('stranger.key') };

const hello: Handler = ({ response }) => {
  response.write(Buffer.from('hello'));
  return undefined;
};

/** Status of a request, or `refused`. */
async function ask(tls: object, options: RequestOptions = {}): Promise<number | 'refused'> {
  const world = await bootHttp({ server: { tls: { ...SERVER, ...tls } }, routes: { 'GET /x': hello } });
  const port = await world.listen();
  return new Promise((resolve) => {
    const call = request(
      { host: '127.0.0.1', port, path: '/x', ca: pem('ca.pem'), agent: false, ...options },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      },
    );
    call.on('error', () => resolve('refused'));
    call.end();
  });
}

describe('TLS', () => {
  test('serves with certificate and key as PEM text (http.md 1.1)', async () => {
    expect(await ask({})).toBe(200);
  });

  test('refuses anything older than TLS 1.2 (http.md 1.1)', async () => {
    expect(await ask({}, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).toBe('refused');
    expect(await ask({}, { maxVersion: 'TLSv1.2' })).toBe(200);
  });

  test.each([
    ['request', 200, 200, 200],
    ['require_any', 'refused', 200, 200],
    ['verify_if_given', 200, 200, 'refused'],
    ['require_and_verify', 'refused', 200, 'refused'],
  ])(
    'client_auth %s: nobody %s, a known client %s, a stranger %s (http.md 1.1)',
    async (auth, nobody, known, stranger) => {
      const tls = { client_auth: auth, client_ca: pem('ca.pem') };
      expect([await ask(tls), await ask(tls, CLIENT), await ask(tls, STRANGER)]).toEqual([
        nobody,
        known,
        stranger,
      ]);
    },
  );

  test('hands over sockets of upgrade requests as it does without TLS', async () => {
    const world = await bootHttp({
      server: { tls: SERVER },
      router: { post_middleware: ['taker'] },
      middleware: [
        {
          name: 'taker',
          create: () => ({
            after(exchange) {
              const { socket } = exchange.takeOver({ stop: () => {} });
              socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nwelcome');
              return 'answered';
            },
          }),
        },
      ],
      routes: { 'GET /x': hello },
    });
    const socket = connect({ host: '127.0.0.1', port: await world.listen(), ca: pem('ca.pem') });
    onTestFinished(() => void socket.destroy());
    socket.write('GET /x HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toContain('welcome');
  });
});

describe('parseTls()', () => {
  test('reads the older pair of variable names (http.md 1.1)', () => {
    const variables: Record<string, string> = { CERT: 'c', KEY: 'k' };
    const tls = { mode: 'manual', cert_env: 'CERT', key_env: 'KEY' };
    expect(parseTls(tls, (name) => variables[name])?.secureOptions).toMatchObject({ cert: 'c', key: 'k' });
    expect(() => parseTls(tls, () => undefined)).toThrow('variable "CERT" of tls.cert_env is not set');
  });

  test('is off without a mode', () => {
    expect(parseTls({}, () => undefined)).toBeUndefined();
    expect(parseTls(undefined, () => undefined)).toBeUndefined();
  });
});
