/**
 * The bounds of queues, tables, messages, texts and waits that several files or a user can meet: unit in the name,
 * reason and behaviour beyond it in the comment. What belongs to one algorithm, one protocol or the check of one argument
 * stands beside it, the machine's own bounds in `vm/value/meter.ts`, defaults that a configuration key can change beside
 * the key's schema.
 */

/** Messages one mailbox holds by default (`process.md` § 5.7). Beyond: send returns UNAVAILABLE, retryable. */
export const MAILBOX_MESSAGES_MAX = 100_000;

/**
 * Lifecycle events one mailbox holds unread; far above what a process that reads them ever sees, so that the loss of
 * 100,000 monitored connections at once is no problem. Beyond: CANCEL is refused, any other event ends the process.
 */
export const MAILBOX_EVENTS_MAX = 1_000_000;

/** Live processes of one system, calls and connections included. Beyond: starting one is refused, retryable. */
export const PROCESSES_MAX = 250_000;

/** Names one process holds. Beyond: a further one is refused. */
export const NAMES_PER_PROCESS_MAX = 10_000;

/** Topics one process listens to. Beyond: a further one is refused. */
export const TOPICS_PER_PROCESS_MAX = 10_000;

/** Event subscriptions of one program: each event is matched against all of a node's. Beyond: a further one is refused. */
export const EVENT_SUBSCRIPTIONS_MAX = 1_000;

/** Starts inside the top level of what is being started, one in the other. Beyond: the innermost is refused. */
export const SPAWN_DEPTH_MAX = 50;

/**
 * Instructions a program may use before its `main` runs: its libraries and its own top level. About a third of a second,
 * in slices. Beyond: the start fails.
 */
export const LOAD_INSTRUCTIONS_MAX = 20_000_000;

/**
 * The same where whoever starts it cannot wait (a comparator of `table.sort`, a callback of `gsub`): the load runs in one
 * piece there, so it must be short. Beyond: the start fails.
 */
export const LOAD_AT_ONCE_INSTRUCTIONS_MAX = 1_000_000;

/**
 * Messages with a receipt that one other node has not taken yet, in each direction; far above what the connections of
 * one node may have unread. Beyond: send returns UNAVAILABLE, retryable; from outside: refused as a full mailbox does.
 */
export const NODE_CREDITS_MAX = 500_000;

/** How long coroutines of a function call may go on after its main returned (`process.md` § 14.5). Beyond: dropped. */
export const CALL_TAIL_MS = 60_000;

/** Time the scheduler runs processes before it lets I/O have a turn. Beyond: the rest waits for the next turn. */
export const SCHEDULER_TURN_MS = 8;

/** Steps in one turn, however short they are, so that what they wrote to sockets leaves. Beyond: the next turn. */
export const SCHEDULER_TURN_STEPS_MAX = 512;

/** Longest value of a relay header in bytes (`relay.md` H5). Beyond: `set_header` is refused. */
export const RELAY_HEADER_BYTES_MAX = 65_536;

/** Nesting of a message value (`errors-and-payloads.md` § 5.5). Beyond: INVALID. */
export const VALUE_DEPTH_MAX = 1000;

/** Parts a Lua value may have as plain data, repeated tables counted each time. Beyond: INVALID. */
export const PLAIN_PARTS_MAX = 1_000_000;

/** Values one YAML text may unfold to through aliases and merge keys (`app-format.md` 1.7). Beyond: an error of the text. */
export const YAML_VALUES_MAX = 1_000_000;

/** Nesting of a YAML text (`app-format.md` 1.7): what composes it recurses. Beyond: an error of the text. */
export const YAML_DEPTH_MAX = 200;

/** Digits of a whole number in a YAML text: reading them takes more than in proportion. Beyond: an error of the text. */
export const YAML_NUMBER_DIGITS_MAX = 4096;

/** Lines of one scalar in a YAML text, which is put together in one go, about 30 ms. Beyond: an error of the text. */
export const YAML_SCALAR_LINES_MAX = 65_536;

/** Errors, and warnings, one definition file is told of at once. Beyond: those behind are found when these are mended. */
export const DEFINITION_FAULTS_MAX = 50;

/** Size of a definition file in bytes. Beyond: a load error. */
export const DEFINITION_BYTES_MAX = 16 * 1024 * 1024;

/** Size of a file named by `file://` in bytes. Beyond: a load error. */
export const SOURCE_BYTES_MAX = 64 * 1024 * 1024;

/** Files and folders looked at below a source root. Beyond: a load error; probably the wrong folder. */
export const SOURCE_TREE_ITEMS_MAX = 200_000;

/** Mistyped references of one load that get a "did you mean": a search through all IDs each. Beyond: no hint. */
export const SUGGESTIONS_MAX = 100;

/** Registry versions kept in memory (`app-format.md` 8.1). Beyond: the oldest is forgotten. */
export const REGISTRY_VERSIONS_MAX = 1000;

/** Response body kept back while a handler writes (`http.md` W2). Beyond: sent as it comes, chunked. */
export const RESPONSE_BUFFER_BYTES_MAX = 1_048_576;

/** Request head in bytes (`http.md` C11). Beyond: 431. */
export const REQUEST_HEAD_BYTES_MAX = 16_384;

/** Requests of one connection that wait for their answers (`http.md` C11). Beyond: the connection is closed. */
export const PIPELINED_REQUESTS_MAX = 64;

/** Unread request body read and thrown away after a response (`http.md` C12). Beyond: the connection is closed. */
export const REQUEST_DRAIN_BYTES_MAX = 262_144;

/** Nested containers of a JSON text (`json-and-clients.md` D1). Beyond: INTERNAL `maximum nesting depth`. */
export const JSON_DEPTH_MAX = 128;

/** Values in one JSON text (`vm.md` S5): 60 MB of `[]` are gigabytes of tables. Beyond: INTERNAL. */
export const JSON_VALUES_MAX = 1_000_000;

/** Characters of YAML a program may decode (`vm.md` S1): about a second of work, in slices. Beyond: INVALID. */
export const YAML_TEXT_LENGTH_MAX = 1_048_576;

/** The same where it cannot be done in slices (a comparator, a payload on its way): about 50 ms. Beyond: INVALID. */
export const YAML_AT_ONCE_LENGTH_MAX = 65_536;

/** Lexemes of a YAML text a program may decode: about 250 bytes of memory each while it is read. Beyond: INVALID. */
export const YAML_LEXEMES_MAX = 500_000;

/** Values one alias or merge key of such a text may copy: they are copied in one go. Beyond: INVALID. */
export const YAML_COPIED_VALUES_MAX = 50_000;

/** Characters a YAML text may grow to while encoding. Beyond: INTERNAL. */
export const YAML_ENCODED_LENGTH_MAX = 16 * 1024 * 1024;

/** Bytes one JSON text may grow to while encoding (`vm.md` S5). Beyond: INTERNAL. */
export const JSON_TEXT_BYTES_MAX = 64 * 1024 * 1024;

/** Characters of a regular expression. Beyond: a broken pattern. */
export const PATTERN_LENGTH_MAX = 4096;

/**
 * Steps a regular expression may become, each about two microseconds and a few hundred bytes once: `a{1000}` are a
 * thousand. Beyond: a broken pattern.
 */
export const PATTERN_STEPS_MAX = 10_000;

/** Compiled JSON schemas kept (`json-and-clients.md` V2). Beyond: the least recently used is dropped. */
export const JSON_SCHEMAS_MAX = 100;

/**
 * Steps of one validation, each about what checking a number takes: a schema and a value that multiply would take for
 * ever, and it cannot be interrupted. Below a tenth of a second. Beyond: INVALID.
 */
export const JSON_SCHEMA_STEPS_MAX = 2_000_000;

/** Longest text checked against a `format`. Beyond: it does not match; the checks are not all linear. */
export const JSON_FORMAT_TEXT_MAX = 2048;

/** Events one subscription buffers in its channel (`concurrency.md` § 10.4). Beyond: they wait behind it. */
export const EVENT_BUFFER_MAX = 64;

/** Ticks a ticker keeps for a slow reader (`concurrency.md` § 7.5). Beyond: dropped. */
export const TICKER_BUFFER_MAX = 16;

/** Spans one `Range` header may ask for (`http.md` F5). Beyond: the whole file is sent. */
export const BYTE_RANGES_MAX = 16;

/** Time a response that was decided at its deadline still has to reach a slow client. Beyond: the socket is destroyed. */
export const WRITE_GRACE_MS = 1_000;

/** First wait before an address that could not be taken is tried again; each further one is twice as long. */
export const LISTEN_RETRY_MS_MIN = 1_000;

/** Longest wait between two attempts to take an address. */
export const LISTEN_RETRY_MS_MAX = 30_000;

/** How often a server looks for requests that outstayed `timeouts.read`. */
export const READ_TIMEOUT_CHECK_MS = 500;

/** How long a client may take to send a request head when the server sets no `timeouts.read`. Beyond: 408. */
export const REQUEST_HEAD_MS = 60_000;

/** Characters of the system and the kind of an event, which are matched for every subscription. Beyond: INVALID. */
export const EVENT_NAME_LENGTH_MAX = 1024;

/** Events the bus hands over in one turn. Beyond: the rest waits for the next turn. */
export const EVENT_DELIVERIES_MAX = 1024;

/** What the data of these events may cost to copy, in instructions: every subscriber gets its own. Beyond: as above. */
export const EVENT_DELIVERIES_COST_MAX = 200_000;

/** Events kept for one slow subscription (`concurrency.md` § 10.4). Beyond: the newest is lost, counted and logged. */
export const EVENT_BACKLOG_MAX = 100_000;

/**
 * Bytes of the events kept for one slow subscription, counted as if nobody else kept them: a quarter of the 64 MiB a
 * process may have (`vm.md` S9). Beyond: as above.
 */
export const EVENT_BACKLOG_BYTES_MAX = 16 * 1024 * 1024;

/** Time between two lines of the log about events one subscription lost. */
export const EVENT_LOSS_LOG_MS = 1_000;

/** Times one process may be in one process group (`modules.md` § 30). Beyond: joining is refused, retryable. */
export const GROUP_JOINS_MAX = 1_000;

/** Longest run of a handler when its server sets no `timeouts.handler` and no `timeouts.write`. Beyond: 504. */
export const HANDLER_TIMEOUT_MS = 300_000;

/** Request body in bytes when its server sets no `max_body` (`http.md` 1.1). Beyond: `request body too large`. */
export const REQUEST_BODY_BYTES_MAX = 125_829_120;

/** `lifecycle.stop_timeout` of a server that sets none. Beyond: sockets are destroyed. */
export const STOP_TIMEOUT_MS = 10_000;

/** Parts of one multipart form (`http.md` 5.3). Beyond: the form is refused. */
export const MULTIPART_PARTS_MAX = 1_000;

/** Memory for uploaded files when a program names no `max_memory`. Beyond: temporary files. */
export const MULTIPART_MEMORY_BYTES = 33_554_432;

/** Bytes of one `stream:read()` without a count (`http.md` 5.4). */
export const STREAM_READ_BYTES = 32_768;

/** Longest token of a stream scanner. Beyond: the scan ends with an error. */
export const SCANNER_TOKEN_BYTES_MAX = 1_048_576;

/** Time a program waits for a request body unless it says otherwise (`http.md` § 5). Beyond: `failed to read body`. */
export const REQUEST_BODY_MS = 300_000;

/** Combinations of labels one metric keeps apart. Beyond: not counted. */
export const METRIC_SERIES_MAX = 10_000;

/** Size of a JSON schema's text in bytes. Beyond: INVALID. */
export const JSON_SCHEMA_BYTES_MAX = 131_072;

/** Objects in one JSON schema: compiling each takes a fifth of a millisecond, all of them in one go. Beyond: INVALID. */
export const JSON_SCHEMA_OBJECTS_MAX = 1_500;

/** References in one JSON schema: a chain of them is followed by recursion. Beyond: INVALID. */
export const JSON_SCHEMA_REFERENCES_MAX = 200;

/** `unevaluated...` keywords of one JSON schema times the schemas in it. Beyond: INVALID. */
export const JSON_SCHEMA_UNEVALUATED_MAX = 500;

/** Steps all patterns of one JSON schema may become (`PATTERN_STEPS_MAX`). Beyond: INVALID. */
export const JSON_SCHEMA_PATTERN_STEPS_MAX = 20_000;

/** Patterns of one JSON schema; their compiling is the slowest part. Beyond: INVALID. */
export const JSON_SCHEMA_PATTERNS_MAX = 256;

/** Messages a client connection handles in one step (`relay.md` § 8). Beyond: the rest waits for its next turn. */
export const RELAY_STEP_MESSAGES_MAX = 1024;

/** Bytes queued towards a client of an event stream (`relay.md` L5). Beyond: the client is too slow and is dropped. */
export const SSE_QUEUED_BYTES_MAX = 4_194_304;

/** Characters of an error's message (HubError). Beyond: cut, with its length in its place. */
export const ERROR_MESSAGE_LENGTH_MAX = 2000;

/** Characters of a process name. Beyond: INVALID. */
export const PROCESS_NAME_LENGTH_MAX = 1024;

/**
 * Part of the heap limit of V8 that may wait for somebody slow, in all queues of a hub together (`relay.md` L8).
 * Beyond: the largest readers are paused, the worst holders are dropped; see `byte-budget.ts`.
 */
export const BYTE_BUDGET_HEAP_PART = 1 / 4;
