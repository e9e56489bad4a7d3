/** Reading a body that is still on its way when its response is decided (`http.md` 5.1, C12). */
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseForm } from '../../../src/http/exchange/multipart.ts';
import { bootHttp, type HttpWorld, rawClient } from '../../support/http-world.ts';

/** Answers at once, or when the reader calls `answer()`, and leaves a coroutine behind that reads. */
const reading = (read: string, waits = false): string => `
local http = require("http")
local logger = require("logger")
local time = require("time")
local function handler()
  local req, answering = http.request(), channel.new(1)
  local function answer() answering:send(true) end
  coroutine.spawn(function()
    local size, err = (function() ${read} end)()
    logger:info("read", { size = size or -1, kind = err and err:kind() or "none", message = err and err:message() or "" })
  end)
  ${waits ? 'answering:receive()' : ''}
  http.response():write("ok")
end
return { handler = handler }`;

const BODY = 'local body, err = req:body() return body and #body, err';
const STREAM = `
local stream, size = req:stream(), 0
while true do
  local piece, err = stream:read(4)
  if piece == nil then return size, err end
  size = size + #piece
end`;
const FORM = 'local form, err = req:parse_multipart() return form and 1, err';

async function readOf(world: HttpWorld): Promise<unknown> {
  const found = () => world.lines.find(({ event }) => event === 'read')?.fields;
  await expect.poll(found).toBeDefined();
  return found();
}

async function post(handler: string, head: string, first: string) {
  const world = await bootHttp({
    routes: { 'POST /x': handler, 'GET /x': ({ response }) => void response.write(Buffer.from('next')) },
  });
  const client = await rawClient(await world.listen());
  client.send(`POST /x HTTP/1.1\r\nHost: h\r\n${head}\r\n\r\n${first}`);
  await client.until('ok');
  return { world, client };
}

describe('RequestBody.close()', () => {
  test.each([
    ['body()', BODY, 'failed to read body'],
    ['stream()', STREAM, 'failed to read body'],
    ['parse_multipart()', FORM, 'failed to parse multipart form'],
  ])('D4: fails a %s that is under way, and the connection goes on', async (_call, read, message) => {
    const type = 'Content-Type: multipart/form-data; boundary=BB';
    const { world, client } = await post(reading(read), `Content-Length: 1000\r\n${type}`, 'a'.repeat(10));
    expect(await readOf(world)).toMatchObject({
      kind: 'Internal',
      message: expect.stringContaining(message),
    });
    client.send(`${'b'.repeat(990)}GET /x HTTP/1.1\r\nHost: h\r\n\r\n`);
    await client.until('next');
  });

  test('D4: fails the next read of a stream whose reader was busy elsewhere', async () => {
    const busy = `local stream = req:stream() local first = stream:read(4) answer() time.sleep("1s")
      local more, err = stream:read() return #first + #(more or ""), err`;
    const { world, client } = await post(reading(busy, true), 'Content-Length: 1000', 'a'.repeat(4));
    client.send(`${'b'.repeat(996)}GET /x HTTP/1.1\r\nHost: h\r\n\r\n`);
    await client.until('next');
    await world.clock.advanceAndSettle(1_000);
    expect(await readOf(world)).toMatchObject({ size: 4, kind: 'Internal' });
  });

  test('D4: leaves a body alone that was read to its end', async () => {
    const whole = `local body, err = req:body() answer() return #body, err`;
    const { world } = await post(reading(whole, true), 'Content-Length: 10', 'a'.repeat(10));
    expect(await readOf(world)).toMatchObject({ size: 10, kind: 'none' });
  });
});

describe('parseForm()', () => {
  test.runIf(process.platform === 'linux')('D4: closes the file of an upload that breaks off', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from(
        `--BB\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n${'x'.repeat(100_000)}`,
      );
      await expect.poll(openUploads).toHaveLength(1);
      throw new Error('gone');
    }
    const headers = { 'content-type': 'multipart/form-data; boundary=BB' };
    const memory = { bytesMax: 0, isScarce: false, changed: () => {} };
    const form = parseForm(broken(), headers, memory, (release) => onTestFinished(release));
    await expect(form).rejects.toMatchObject({ code: 'MH_HTTP_MULTIPART_FAILED' });
    await expect.poll(openUploads).toEqual([]);
  });
});

/** Temporary files of uploads this process holds open. */
function openUploads(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ''; // The one that was open to read the list.
      }
    })
    .filter((path) => path.includes('moonhub-upload-'));
}
