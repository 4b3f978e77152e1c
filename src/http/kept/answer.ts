/** An answer to a question about a collection: finished once, sent as often as it is asked for. */
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TAXII_MEDIA_TYPE } from '../../domain/taxii';
import { formatTimestamp, type Micros } from '../../domain/timestamp';
import type { Page } from '../../store/objects';
import { encodingFor, type Encoded } from './encoding';

export interface Answer {
  readonly about: Omit<Page<undefined>, 'items'>;
  /** §3.2 */
  readonly first: string;
  readonly last: string;
  /** Its body, in pieces: a page is not copied to stand between its brackets. */
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  readonly tag: string;
  /** The body in other encodings, where it is kept. */
  readonly encoded?: Encoded;
}

/** Beyond these a date has no form of six digits and a year of four. */
const EARLIEST: Micros = Date.parse('0001-01-01T00:00:00Z') * 1000;
const LATEST: Micros = Date.UTC(9999, 11, 31) * 1000;

/**
 * §3.2: the dates of the page's own first and last member. An empty page echoes the lower bound of the request,
 * so that no client's cursor moves (T-193); if there may be more, the date up to which nothing matches, so that a
 * client that goes on by `added_after` alone gets on.
 */
function datesOf(
  { count, first, last, through }: Answer['about'],
  after: Micros | undefined,
  echo: string | undefined,
): { first: string; last: string } {
  if (count === 0 && echo !== undefined) return { first: echo, last: echo };
  const bound = Math.min(Math.max(through ?? after ?? 0, EARLIEST), LATEST);
  return { first: formatTimestamp(first ?? bound), last: formatTimestamp(last ?? bound) };
}

export const weakTag = (text: string): string => `W/"${hash('sha256', text, 'base64url').slice(0, 22)}"`;

/**
 * RFC 9110 §8.8.3: a weak tag, of what decides what the page says. It holds the question, the reader's rank and what of the
 * page this reader sees anyway, and nothing else. Entries are only ever cut, and never come between two that were there: as
 * many of them from the same first to the same last are the same (src/domain/entries.ts).
 */
function tagOf(question: string, { count, first, last, through }: Answer['about']): string {
  const said = JSON.stringify([question, count, first, last, through]);
  return weakTag(said);
}

/** @param question what was asked, by whom as far as it matters: two questions of one text have one answer. */
export function finish(
  question: string,
  { items: _, ...about }: Page<unknown>,
  { after, echo }: { readonly after: Micros | undefined; readonly echo?: string | undefined },
  body: string | readonly Buffer[],
): Answer {
  const pieces = typeof body === 'string' ? [Buffer.from(body)] : body;
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { about, ...datesOf(about, after, echo), pieces, bytes, tag: tagOf(question, about) };
}

/** RFC 9110 §13.1.2: whether a client says that it has what the tag stands for. */
export function has(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = tag.replace(/^W\//, '');
  return ifNoneMatch
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === opaque || one === '*');
}

/**
 * Answers 200, or 304 if the client has it already. The date headers stand on both.
 *
 * @param more header fields, name after value: written in one go, they cost a third of as many calls of `setHeader`.
 */
export function send(
  req: IncomingMessage,
  res: ServerResponse,
  answer: Answer,
  more: readonly string[] = [],
): void {
  const fields = [
    ...more,
    'X-TAXII-Date-Added-First',
    answer.first,
    'X-TAXII-Date-Added-Last',
    answer.last,
    'ETag',
    answer.tag,
    'Vary',
    'Accept-Encoding',
  ];
  if (has(req.headers['if-none-match'], answer.tag)) {
    res.writeHead(304, fields).end();
    return;
  }
  const { encoded } = answer;
  const encoding = encoded && encodingFor(req.headers['accept-encoding']);
  const other = encoding && encoded.as(encoding, answer.pieces, answer.bytes);
  if (other) fields.push('Content-Encoding', encoding);
  sendPieces(res, other ? [other] : answer.pieces, other ? other.length : answer.bytes, fields);
}

/** Up to this many bytes go as text, byte for byte, which Node writes together with the header in one piece. */
const SMALL = 1024;

/** 200 with TAXII's media type. */
export function sendPieces(
  res: ServerResponse,
  pieces: readonly Buffer[],
  bytes: number,
  fields: string[],
): void {
  fields.push('Content-Type', TAXII_MEDIA_TYPE, 'Content-Length', String(bytes));
  res.writeHead(200, fields);
  if (bytes <= SMALL) {
    res.end(Buffer.concat(pieces).toString('latin1'), 'latin1');
    return;
  }
  res.cork();
  for (const piece of pieces.slice(0, -1)) res.write(piece);
  res.end(pieces.at(-1));
}
