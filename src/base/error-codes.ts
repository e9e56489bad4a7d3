/**
 * Every code moonhub reports. Codes are never reused. `kind` and `retryable` are what Lua sees.
 * Add a row where you need one: `MH_<ROOM>_<FACT>`.
 */

/** The kinds Lua programs see, spelled as their values. `''` = unclassified. */
export type ErrorKind =
  | ''
  | 'Internal'
  | 'Invalid'
  | 'NotFound'
  | 'AlreadyExists'
  | 'PermissionDenied'
  | 'Unavailable'
  | 'Canceled'
  | 'Conflict'
  | 'Timeout'
  | 'RateLimited';

/** One row of the table. */
export interface ErrorCodeRow {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  /** One line for the error list of the README. */
  readonly meaning: string;
}

const invalid = (meaning: string): ErrorCodeRow => ({ kind: 'Invalid', retryable: false, meaning });
const notFound = (meaning: string): ErrorCodeRow => ({ kind: 'NotFound', retryable: false, meaning });
const internal = (meaning: string): ErrorCodeRow => ({ kind: 'Internal', retryable: false, meaning });
const unavailable = (meaning: string, retryable = true): ErrorCodeRow => ({
  kind: 'Unavailable',
  retryable,
  meaning,
});

export const ERROR_CODES = {
  // base
  MH_DURATION_INVALID: invalid('A duration is not written as number and unit, e.g. "30s"'),
  // extensions
  MH_EXTENSION_REFUSED: {
    kind: '',
    retryable: false,
    meaning: 'A module function of an extension refused; its kind says how',
  },
  MH_EXTENSION_LOAD_FAILED: internal('The code of an extension cannot be loaded'),
  MH_EXTENSION_OPEN_FAILED: internal('An extension failed to open'),
  MH_EXTENSION_MODULE_INVALID: invalid(
    'A module of an extension is global, its name is taken, or its constants are no plain data',
  ),
  MH_EXTENSION_MIDDLEWARE_TAKEN: invalid('Two extensions bring a middleware of the same name'),
  MH_EXTENSION_CALL_OVER: internal('A module function used its call after it had returned'),
  // relay
  MH_RELAY_OPTION_INVALID: invalid('A wsrelay or sserelay option of a router is malformed'),
  // process
  MH_PROCESS_NOT_FOUND: notFound('The PID or name does not belong to a live process'),
  MH_PROCESS_NODE_NOT_FOUND: notFound('The PID belongs to a node that is down or unknown'),
  MH_CLUSTER_CONGESTED: unavailable('Too much is on its way to another node'),
  MH_PROCESS_HOST_NOT_FOUND: notFound('No process host has this ID'),
  MH_PROCESS_HOST_STOPPED: unavailable('The process host is stopped or stopping', false),
  MH_PROCESS_ENTRY_NOT_FOUND: notFound('No process or function has this ID'),
  MH_PROCESS_MAILBOX_FULL: unavailable('The mailbox of the receiver is full'),
  MH_PROCESS_NAME_TAKEN: {
    kind: 'AlreadyExists',
    retryable: false,
    meaning: 'The name belongs to another process',
  },
  MH_PROCESS_NAME_NOT_FOUND: notFound('The name is not registered'),
  MH_PROCESS_ALREADY_MONITORED: {
    kind: 'AlreadyExists',
    retryable: false,
    meaning: 'The process is already monitored by the caller',
  },
  MH_PROCESS_ARGUMENT_INVALID: invalid('An argument of a process call is outside its domain'),
  MH_PROCESS_LOAD_FAILED: internal('The code of a process failed while loading'),
  MH_PROCESS_METHOD_NOT_FOUND: notFound('The code provides no function of the configured name'),
  MH_PROCESS_TOO_MANY: unavailable('As many processes run as may run'),
  MH_PROCESS_SPAWN_TOO_DEEP: unavailable('Top levels spawn each other too deep', false),
  MH_PROCESS_TOPICS_FULL: unavailable('A process listens to as many topics as it may', false),
  MH_PROCESS_NAMES_FULL: unavailable('A process holds as many names as it may', false),
  MH_SERVICE_NOT_FOUND: notFound('No service has this ID'),
  MH_SERVICE_EXISTS: { kind: 'AlreadyExists', retryable: false, meaning: 'A service has this ID already' },
  MH_SERVICE_REQUIREMENT_NOT_FOUND: invalid('A service requires one that does not exist'),
  MH_SERVICE_REQUIREMENT_FAILED: unavailable('A service requires one that did not start', false),
  MH_SERVICE_KIND_INVALID: invalid('A kind whose entries run takes no lifecycle block'),
  MH_SERVICE_CYCLE: invalid('Services require each other in a circle'),
  MH_SERVICE_START_FAILED: unavailable('A required service did not start', false),
  MH_SERVICE_START_TIMEOUT: { kind: 'Timeout', retryable: true, meaning: 'A service did not start in time' },
  MH_SERVICE_STOP_TIMEOUT: { kind: 'Timeout', retryable: false, meaning: 'A service did not stop in time' },
  // registry
  MH_REGISTRY_ID_INVALID: invalid('An entry ID is not written as "namespace:name"'),
  MH_REGISTRY_VALUE_INVALID: invalid('A value of an entry is not made of mappings, lists and scalars'),
  MH_REGISTRY_KIND_TAKEN: internal('Two rooms define the same entry kind'),
  MH_REGISTRY_ENTRY_INVALID: invalid('An entry does not fit its kind or names a missing entry'),
  MH_REGISTRY_LOAD_FAILED: invalid('The definitions of the application have errors'),
  MH_REGISTRY_ENTRY_NOT_FOUND: notFound('No entry has this ID'),
  MH_REGISTRY_ENTRY_EXISTS: {
    kind: 'AlreadyExists',
    retryable: false,
    meaning: 'An entry with this ID exists already',
  },
  MH_REGISTRY_CHANGES_EMPTY: invalid('A change set without operations cannot be applied'),
  MH_REGISTRY_REENTERED: invalid(
    'A subscriber of the registry applied a change set while one was being applied',
  ),
  MH_REGISTRY_VERSION_NOT_FOUND: notFound('The registry keeps no such version'),
  MH_REGISTRY_FILTER_INVALID: invalid('A filter of registry.find cannot be read'),
  MH_REGISTRY_PATH_INVALID: invalid('The application path or its lock file cannot be used'),
  MH_REGISTRY_CONFIG_INVALID: invalid('The configuration file or a setting cannot be used'),
  // lua
  MH_LUA_VALUE_NOT_COPYABLE: invalid('A function or thread cannot leave the program it belongs to'),
  MH_LUA_VALUE_TOO_DEEP: invalid('A value nests deeper than VALUE_DEPTH_MAX tables'),
  MH_LUA_VALUE_NOT_PLAIN: invalid('A table contains itself or is too large to become plain data'),
  MH_LUA_PAYLOAD_INVALID: internal('A payload is not what its format says, or has no form in another'),
  MH_LUA_CHANNEL_CLOSED: invalid('A channel was closed while a send waited on it'),
  MH_LUA_TOPIC_TAKEN: { kind: 'AlreadyExists', retryable: false, meaning: 'Another channel has the topic' },
  MH_LUA_SUBSCRIPTION_NOT_FOUND: notFound('The channel has no subscription'),
  MH_LUA_SENDER_FOREIGN: {
    kind: 'PermissionDenied',
    retryable: false,
    meaning: 'A message names another process as its sender',
  },
  MH_LUA_CALL_ENDED: internal('A function call that has returned cannot do this any more'),
  // http
  MH_HTTP_OPTION_INVALID: invalid('An option of a middleware is malformed'),
  MH_HTTP_MIDDLEWARE_UNKNOWN: notFound('A router lists a middleware that does not exist'),
  MH_HTTP_MIDDLEWARE_FAILED: invalid('A middleware of a router could not be created'),
  MH_HTTP_STATUS_INVALID: invalid('A response status is not an integer from 200 to 599'),
  MH_HTTP_HEADER_INVALID: invalid('A response header cannot be sent safely'),
  MH_HTTP_COMMITTED: invalid('The response has begun: status and headers are settled'),
  MH_HTTP_PATH_INVALID: invalid('A path pattern of a route is malformed'),
  MH_HTTP_ADDRESS_INVALID: invalid('An address to listen on is not written as host and port'),
  MH_HTTP_ADDRESS_TAKEN: {
    kind: 'AlreadyExists',
    retryable: true,
    meaning: 'The address to listen on is in use',
  },
  MH_HTTP_LISTEN_FAILED: internal('The operating system refused to listen on an address'),
  MH_HTTP_TLS_INVALID: invalid('The TLS settings of a server contradict each other or name no certificate'),
  MH_HTTP_BODY_TOO_LARGE: invalid('The request body is larger than allowed'),
  MH_HTTP_BODY_CONSUMED: invalid('The request body was handed out as a stream already'),
  MH_HTTP_BODY_FAILED: internal('The request body could not be read to its end'),
  MH_HTTP_NO_CONTEXT: internal('The http module was used outside a request'),
  MH_HTTP_NO_PARAMS: internal('The request matched no route, so it has no route parameters'),
  MH_HTTP_JSON_INVALID: invalid('The request body is not JSON, or a value has no JSON form'),
  MH_HTTP_MULTIPART_INVALID: invalid('The request is not multipart/form-data'),
  MH_HTTP_MULTIPART_FAILED: internal('The multipart body is malformed'),
  MH_HTTP_WRITE_FAILED: internal('The client is gone'),
  MH_HTTP_EVENT_INVALID: invalid('A server-sent event lacks a field or cannot start here'),
  MH_HTTP_TRANSFER_INVALID: invalid('A transfer mode is neither chunked nor sse'),
  MH_HTTP_STREAM_FAILED: internal('A stream is closed, broken or not meant for this'),
  MH_HTTP_ARGUMENT_INVALID: invalid('An argument of a stream call is outside its domain'),
  MH_METRIC_INVALID: invalid('A metric is used against its type'),
  MH_HTTP_DIRECTORY_NOT_FOUND: notFound('The directory of a file system does not exist'),
  // lua modules
  MH_JSON_ARGUMENT_INVALID: invalid('An argument of a json call has the wrong type or is missing'),
  MH_JSON_KEY_INVALID: invalid('A table made with json.array has a key that no array has'),
  MH_JSON_ENCODE_FAILED: internal('A value has no JSON form: a cycle, a gap in an array, or too deep'),
  MH_JSON_DECODE_FAILED: internal('A text is not JSON'),
  MH_JSON_SCHEMA_INVALID: invalid('A JSON schema does not compile'),
  MH_JSON_VALIDATION_FAILED: invalid('A value does not match its JSON schema'),
  MH_TIME_INVALID: invalid('A text or number is not a time, duration or zone'),
  MH_TIME_LOCATION_NOT_FOUND: notFound('There is no time zone of this name'),
  MH_FUNCS_TARGET_INVALID: invalid('The target of a call is not written as "namespace:name"'),
  MH_FUNCS_OPTION_INVALID: invalid('A timeout or retry option of a call cannot be read'),
  MH_FUNCS_TIMEOUT: { kind: 'Timeout', retryable: true, meaning: 'A call did not answer in time' },
  MH_FUNCS_CANCELED: { kind: 'Canceled', retryable: false, meaning: 'A call was canceled by its caller' },
  MH_EVENTS_FULL: unavailable('A program has as many event subscriptions as it may', false),
  MH_EVENTS_ARGUMENT_INVALID: invalid('System, kind or path of an event is empty'),
  MH_CTX_KEY_INVALID: invalid('The key of a context value is empty'),
  MH_CTX_NOT_FOUND: notFound('There is no context value of this key'),
  MH_REGISTRY_VERSION_INVALID: invalid('A registry version is not a positive number'),
  MH_UUID_INVALID: invalid('A text is not a UUID, or the form asked for does not exist'),
  MH_IO_NO_TERMINAL: unavailable('The program does not run in a terminal host', false),
  MH_ENV_KEY_INVALID: invalid('The name of an environment variable is empty'),
  MH_ENV_NOT_FOUND: notFound('An environment variable is not declared or has no value'),
  MH_ENV_READONLY: {
    kind: 'PermissionDenied',
    retryable: false,
    meaning: 'An environment variable or its storage is read-only',
  },
  MH_YAML_ARGUMENT_INVALID: invalid('An argument of a yaml call has the wrong type or is empty'),
  MH_YAML_LIMIT: invalid('A YAML text is too large, nests too deeply or unfolds to too much'),
  MH_YAML_FAILED: internal('A text is not YAML, or a value has no YAML form'),
  MH_CRYPTO_ARGUMENT_INVALID: invalid('A key, length or other argument of a crypto call cannot be used'),
  MH_CRYPTO_FAILED: internal('Decryption or verification failed'),
  MH_STORE_NOT_FOUND: notFound('There is no store of this ID, or no value of this key in it'),
  MH_STORE_ARGUMENT_INVALID: invalid('A key, value, time to live or option of a store call cannot be used'),
  MH_STORE_FULL: unavailable('A store holds as many keys as it may'),
  MH_STORE_KEY_EXISTS: {
    kind: 'AlreadyExists',
    retryable: false,
    meaning: 'A key that should be new has a value',
  },
  MH_STORE_CONFLICT: { kind: 'Conflict', retryable: true, meaning: 'A value was changed since it was read' },
  MH_SYSTEM_ARGUMENT_INVALID: invalid('An exit code, limit or lock name cannot be used'),
  MH_SYSTEM_NOT_FOUND: notFound('There is no service or process host of this ID'),
  MH_SYSTEM_NO_ADDRESS: unavailable('This node has no address: it is not a member of a cluster', false),
  MH_SYSTEM_LOCK_HELD: {
    kind: 'AlreadyExists',
    retryable: true,
    meaning: 'Another process holds the lock',
  },
  MH_SYSTEM_LOCKS_FULL: unavailable('A process holds as many locks as it may', false),
  MH_PG_SCOPE_NOT_FOUND: internal('There is no scope of process groups of this ID'),
  MH_PG_ARGUMENT_INVALID: invalid('A scope or group name is empty, or the handle was released'),
  MH_PG_NOT_MEMBER: invalid('The caller is in none of the groups it wants to leave'),
  MH_PG_FULL: unavailable('A scope holds as many groups, or a group as many members, as it may'),
  MH_SECURITY_DENIED: {
    kind: 'PermissionDenied',
    retryable: false,
    meaning: 'The policies in force do not allow it',
  },
  MH_SECURITY_ARGUMENT_INVALID: invalid('An argument of a security call is empty or cannot be used'),
  MH_SECURITY_NOT_FOUND: internal('There is no policy, policy group or token store of this name'),
  MH_SECURITY_TOKEN_REFUSED: internal('A token is unknown, forged, revoked or expired'),
  MH_BASE64_INVALID: invalid('A value is not a string, or a text is not base64'),
  MH_HASH_ARGUMENT_INVALID: invalid('Data or secret of a hash call is not a string'),
  MH_ENV_VALUE_INVALID: invalid('The storage of a variable cannot hold this value'),
  MH_ENV_STORAGE_FAILED: unavailable('The storage of a variable cannot be read or written'),
  // cli
  MH_CLI_INIT_FAILED: internal('The lock file cannot be written'),
  MH_CLI_COMMAND_NOT_FOUND: notFound('The application declares no such command or process'),
  MH_CLI_TEST_NOT_FOUND: notFound('There is nothing to test, or no test of this name'),
  // hub
  MH_HUB_OPTION_INVALID: invalid('An option of a public function is not known, or is not what it must be'),
  MH_HUB_STOPPED: unavailable('A hub that was stopped is started again, or asked to call something', false),
  MH_HUB_STOP_TIMEOUT: unavailable('Stopping took longer than shutdown.timeout; the rest was cut', false),
  MH_HUB_TERMINAL_AMBIGUOUS: invalid('Several terminal hosts are declared and none was named'),
} as const satisfies Record<string, ErrorCodeRow>;

/** A code of the table. */
export type ErrorCode = keyof typeof ERROR_CODES;
