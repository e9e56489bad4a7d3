/** Handlers in Lua, as tests of the `http` module write them. */
import type { InjectOptions } from 'fastify';
import { expect } from 'vitest';
import { bootHttp, type HttpWorldOptions } from '../../support/http-world.ts';

/** Runs a handler body for one request; `http`, `json`, `req` and `res` are there. */
export async function run(
  body: string,
  request: InjectOptions = {},
  options: HttpWorldOptions & { path?: string } = {},
) {
  const method = request.method ?? 'GET';
  const { path = '/x', ...rest } = options;
  const world = await bootHttp({ ...rest, routes: { [`${method} ${path}`]: handler(body), ...rest.routes } });
  const answer = await world.inject({ method, url: '/x', ...request });
  return { answer, world };
}

/** The source of a function with that body. */
export function handler(body: string): string {
  return `
local http = require("http")
local json = require("json")
local function handler()
  local req, res = http.request(), http.response()
  ${body}
end
return { handler = handler }`;
}

/** Runs a body that returns a table; gives the decoded JSON. */
export async function evaluate(
  body: string,
  request: InjectOptions = {},
  options: HttpWorldOptions & { path?: string } = {},
) {
  const { answer, world } = await run(body, request, options);
  const errors = world.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields.message);
  expect([answer.statusCode, answer.body, ...errors]).toEqual([200, answer.body]);
  return answer.json() as unknown;
}
