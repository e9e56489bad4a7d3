/** The type of a body nobody named (`http.md` W4). */
import { isUtf8 } from 'node:buffer';

// The tags by which https://mimesniff.spec.whatwg.org (7.1) recognises HTML.
const HTML_START =
  /^[\t\n\f\r ]*<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[\s>]/i;

/**
 * Judges a body by its first bytes.
 * @param isWhole false when more follows: a streamed piece may end inside a character.
 */
export function sniffContentType(body: Buffer, isWhole: boolean): string {
  if (HTML_START.test(body.toString('latin1', 0, 512))) return 'text/html; charset=utf-8';
  const cutMax = isWhole ? 0 : Math.min(3, body.length);
  for (let cut = 0; cut <= cutMax; cut++) {
    if (isUtf8(body.subarray(0, body.length - cut))) return 'text/plain; charset=utf-8';
  }
  return 'application/octet-stream';
}
