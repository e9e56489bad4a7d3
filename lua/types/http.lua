---@meta http
-- Requests and responses of HTTP handlers.

---@class ByteStream
local ByteStream = {}

---@param n? integer bytes at most, default up to 32768
---@return string? bytes nil at the end
---@return Error? err
function ByteStream:read(n) end

---@param bytes string
---@return integer written
---@return Error? err
function ByteStream:write(bytes) end

---@param whence? 'set'|'cur'|'end'
---@param offset? integer
---@return integer position
---@return Error? err
function ByteStream:seek(whence, offset) end

---@return boolean ok
---@return Error? err
function ByteStream:flush() end

---@return boolean ok
---@return Error? err
function ByteStream:close() end

---@return {size: integer, position: integer, readable: boolean, writable: boolean, seekable: boolean}
function ByteStream:stat() end

---@param split? 'lines'|'words'|'bytes'|'runes'
---@return Scanner?
---@return Error? err
function ByteStream:scanner(split) end

---@class Scanner
local Scanner = {}

---@return boolean more
---@return Error? err
function Scanner:scan() end

---@return string
function Scanner:text() end

---@return string?
function Scanner:err() end

---@class FormFile
local FormFile = {}

---@return string name
function FormFile:name() end

---@return integer size
function FormFile:size() end

---@param name string
---@return string?
function FormFile:header(name) end

---@return ByteStream?
---@return Error? err
function FormFile:stream() end

---@class Request
local Request = {}

---@return string
function Request:method() end

---@return string
function Request:path() end

---@param name string
---@return string?
function Request:query(name) end

---@return table<string, string>
function Request:query_params() end

---@param name string
---@return string?
function Request:header(name) end

---@return string?
function Request:content_type() end

---@return integer bytes, -1 if unknown
function Request:content_length() end

---@return string
function Request:host() end

---@return string
function Request:remote_addr() end

---@param name string
---@return string?
---@return Error? err
function Request:param(name) end

---@return table<string, string>?
---@return Error? err
function Request:params() end

---@return boolean
function Request:has_body() end

---@param type string
---@return boolean
function Request:accepts(type) end

---@param type string
---@return boolean
function Request:is_content_type(type) end

---The whole body. It can be read until the handler has answered; a read that is under way then fails.
---@return string? body
---@return Error? err
function Request:body() end

---The body as `json.decode` reads it; with `{ null = true }` a `null` is `json.null`.
---@param options? { null?: boolean }
---@return any value
---@return Error? err
function Request:body_json(options) end

---@return ByteStream?
---@return Error? err
function Request:stream() end

---@param max_memory? integer
---@return {values: table<string, string|string[]>, files: table<string, FormFile[]>}?
---@return Error? err
function Request:parse_multipart(max_memory) end

---Methods return nil, or an error; they cannot be chained.
---@class Response
local Response = {}

---@param status integer 200-599
---@return Error? err
function Response:set_status(status) end

---@param name string
---@param value string|number|string[]
---@return Error? err
function Response:set_header(name, value) end

---With a value as `set_header`; without, the value set so far.
---@param name string
---@param value? string|number|string[]
---@return string|Error|nil
function Response:header(name, value) end

---@param type string
---@return Error? err
function Response:set_content_type(type) end

---@param mode 'chunked'|'sse'
---@return Error? err
function Response:set_transfer(mode) end

---@param text string|number
---@return Error? err
function Response:write(text) end

---@param value any
---@return Error? err
function Response:write_json(value) end

---@param event {name: string, data: any, id?: string, retry?: integer}
---@return Error? err
function Response:write_event(event) end

---@return Error? err
function Response:flush() end

---@class http
---@field METHOD table<string, string>
---@field STATUS table<string, integer>
---@field CONTENT table<string, string>
---@field TRANSFER table<string, string>
---@field ERROR table<string, string>
local http = {}

---@param options? {timeout?: integer, max_body?: integer}
---@return Request?
---@return Error? err
function http.request(options) end

---@return Response?
---@return Error? err
function http.response() end

return http
