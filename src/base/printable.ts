/**
 * Text of others, made safe for a terminal: control characters become U+FFFD, so that neither a hostile file nor a
 * program can steer it. Tabs and line breaks stay.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what we look for.
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd');
}

/** Characters of a stranger's text that a log line repeats. */
const SHORT_LENGTH_MAX = 200;

/** A stranger's text as a log line may repeat it: its beginning. */
export function shorten(text: string): string {
  return text.length <= SHORT_LENGTH_MAX
    ? text
    : `${text.slice(0, SHORT_LENGTH_MAX)}... (${text.length} characters)`;
}
