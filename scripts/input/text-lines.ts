/** Text files line by line, whatever their encoding and line ends, in flat memory. */
import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { OperatorError } from '../../src/domain/errors';
import type { Context } from '../verb';

/** A line that is longer is skipped and said: no feed has one. */
export const LONGEST_LINE = 1_000_000;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** undefined: longer than {@link LONGEST_LINE}. */
  readonly text: string | undefined;
}

function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new OperatorError(
      `--encoding: "${encoding}" is no encoding that is known here. Say utf-8, utf-16le, windows-1256, iso-8859-1 …`,
    );
  }
}

const newlines = (text: string): number => text.split('\n').length - 1;

/**
 * The text of a file, piece by piece; a byte-order mark is taken off and decides between UTF-8 and UTF-16.
 *
 * @throws {OperatorError} bytes that the encoding does not have, with the line they stand in.
 */
export async function* readText(
  name: string,
  encoding: string | undefined,
  context: Pick<Context, 'input'>,
): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  let lines = 1;
  const stream =
    name === '-' ? [await context.input()] : createReadStream(name, { highWaterMark: 256 * 1024 });
  const decode = (bytes: Buffer | undefined): string => {
    decoder ??= decoderOf(encoding ?? encodingOf(bytes ?? Buffer.alloc(0)));
    try {
      const text = bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
      lines += newlines(text);
      return text;
    } catch {
      const [before = ''] = new TextDecoder(decoder.encoding).decode(bytes).split('\ufffd');
      lines += newlines(before);
      throw new OperatorError(
        `${name}: from about line ${lines} on it is not ${decoder.encoding.toUpperCase()}. Say what it is, such as --encoding windows-1256 or --encoding utf-16le.`,
      );
    }
  };
  try {
    for await (const bytes of stream) yield decode(bytes as Buffer);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${name}: cannot be read (${(error as Error).message}).`);
  }
  yield decode(undefined);
}

/** Lines that end in \n, \r\n or \r, also mixed. */
export async function* readLines(pieces: AsyncIterable<string>): AsyncGenerator<Line> {
  let rest = '';
  let tooLong = false;
  let number = 0;
  for await (const piece of pieces) {
    // A \r at the end may be the first half of \r\n.
    const text = rest + piece;
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const parts = whole.split(/\r\n|\n|\r/);
    rest = (parts.pop() as string) + (text.endsWith('\r') ? '\r' : '');
    for (const part of parts) {
      number++;
      yield { number, text: tooLong || part.length > LONGEST_LINE ? undefined : part };
      tooLong = false;
    }
    if (rest.length > LONGEST_LINE) {
      tooLong = true;
      rest = rest.endsWith('\r') ? '\r' : '';
    }
  }
  const last = rest.replace(/\r$/, '');
  if (last !== '' || tooLong) yield { number: number + 1, text: tooLong ? undefined : last };
}
