/** Comma lists and tokens as header fields and options write them (RFC 9110 § 5.6). */

/** Whether the text is a token of RFC 9110 5.6.2. */
export function isHeaderToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** Items of a comma list: trimmed, empty ones skipped. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
