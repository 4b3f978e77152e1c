/** Text from elsewhere on its way to a terminal: it moves no cursor, hides nothing and turns no line round. */

// Controls but \n and \t, escapes of 7 and 8 bits, line and paragraph separators, what directs bidirectional text.
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const OPEN = '\u2068';
const CLOSE = '\u2069';

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Whether a line opens and closes its isolates in order: what a table puts round a right-to-left cell. */
function isBalanced(line: string): boolean {
  let depth = 0;
  for (const character of line) {
    if (character === OPEN) depth++;
    else if (character === CLOSE && --depth < 0) return false;
  }
  return depth === 0;
}

/**
 * The text with its unsafe characters as `\uXXXX`: the same value where the text is JSON, words where it is not. Lines
 * stay lines; first-strong isolates stay where each that opens also closes in its line.
 */
export function printable(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const isolates = isBalanced(line);
      return line.replace(UNSAFE, (c) => (isolates && (c === OPEN || c === CLOSE) ? c : escaped(c)));
    })
    .join('\n');
}

/** Somebody else's words inside a message of ours: one line, printable, at most so many characters. */
export function quoted(text: string, most = 300): string {
  const line = text.slice(0, most).replace(/\s+/g, ' ').replace(UNSAFE, '\ufffd').trim();
  return text.length > most ? `${line}…` : line;
}

/** A cell of a table: as {@link quoted}, but at its full length. */
export const cell = (text: string): string => text.replace(/[\n\t]/g, '\ufffd').replace(UNSAFE, '\ufffd');
