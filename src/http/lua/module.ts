/** `require("http")`: the request and the response of the handler that runs (`http.md` § 5). */
import { defineModule } from '../../lua/index.ts';
import { openRequest } from './request.ts';
import { openResponse } from './response.ts';

const METHOD_NAMES = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];
const ERROR_NAMES = ['PARSE_FAILED', 'INVALID_STATE', 'WRITE_FAILED', 'STREAM_ERROR'];

const STATUS = {
  OK: 200,
  CREATED: 201,
  ACCEPTED: 202,
  NO_CONTENT: 204,
  PARTIAL_CONTENT: 206,
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  NOT_MODIFIED: 304,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  PAYMENT_REQUIRED: 402,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  CONFLICT: 409,
  GONE: 410,
  UNPROCESSABLE: 422,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_ERROR: 500,
  INTERNAL_SERVER_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  BAD_GATEWAY: 502,
  SERVICE_UNAVAILABLE: 503,
  GATEWAY_TIMEOUT: 504,
  VERSION_NOT_SUPPORTED: 505,
};

const CONTENT = {
  JSON: 'application/json',
  FORM: 'application/x-www-form-urlencoded',
  MULTIPART: 'multipart/form-data',
  TEXT: 'text/plain',
  STREAM: 'application/octet-stream',
};

/** The `http` module; the hub hands it to the Lua runtime. */
export const httpModule = defineModule({
  name: 'http',
  reach: { request: 'depends', response: 'depends' },
  functions: { request: openRequest, response: openResponse },
  submodules: {
    METHOD: { constants: namesAsValues(METHOD_NAMES) },
    STATUS: { constants: STATUS },
    CONTENT: { constants: CONTENT },
    TRANSFER: { constants: { CHUNKED: 'chunked', SSE: 'sse' } },
    ERROR: { constants: namesAsValues(ERROR_NAMES) },
  },
});

function namesAsValues(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}
