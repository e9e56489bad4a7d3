/**
 * Text of others, made safe for a terminal: control characters become U+FFFD, so that neither a hostile file nor a
 * program can steer it. Tabs and line breaks stay.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what we look for.
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd');
}
