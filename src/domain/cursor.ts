/**
 * The `next` of a page (§3.5): a position, the last `date_added`, and the filters that the page was made with.
 * The server keeps nothing, so a cursor survives restarts, retries and other machines (T-179). It is no secret
 * and no permission: a request is judged by who asks, whatever its cursor says (T-177). The checksum only tells
 * a garbled cursor from a good one (T-178).
 */
import { createHash } from 'node:crypto';
import { TaxiiError } from './errors';
import type { Micros } from './timestamp';

/** What continues a listing. `filters` is the query string of the match filters; undefined where it did not fit. */
export interface Cursor {
  readonly after: Micros;
  readonly filters: string | undefined;
}

const VERSION = 1;
/** T-186: base64url of 21 bytes and this many is below 512 characters. */
const MOST_FILTER_BYTES = 360;
const HEAD = 13;
const CHECK = 8;

const checksum = (collectionId: string, payload: Buffer): Buffer =>
  createHash('sha256').update(collectionId).update(payload).digest().subarray(0, CHECK);

export function writeCursor(collectionId: string, cursor: Cursor): string {
  const filters = Buffer.from(cursor.filters ?? '', 'utf8');
  const fits = cursor.filters !== undefined && filters.length <= MOST_FILTER_BYTES;
  const head = Buffer.alloc(HEAD);
  head.writeUInt8(VERSION, 0);
  head.writeBigUInt64BE(BigInt(cursor.after), 1);
  head.writeUInt8(fits ? 1 : 0, 9);
  const payload = fits ? Buffer.concat([head, filters]) : head;
  return Buffer.concat([payload, checksum(collectionId, payload)]).toString('base64url');
}

/** @throws {TaxiiError} `bad-cursor` for text that this collection never gave out. */
export function readCursor(collectionId: string, text: string): Cursor {
  const bytes = Buffer.from(text, 'base64url');
  const payload = bytes.subarray(0, -CHECK);
  const sound =
    text.length <= 512 &&
    bytes.toString('base64url') === text &&
    payload.length >= HEAD &&
    payload[0] === VERSION &&
    checksum(collectionId, payload).equals(bytes.subarray(-CHECK));
  if (!sound) {
    throw new TaxiiError(
      'bad-cursor',
      'next: this is not a cursor of this collection. Repeat the value of "next" from the previous page unchanged, or leave it out to begin again.',
    );
  }
  const after = Number(payload.readBigUInt64BE(1));
  return { after, filters: payload[9] === 1 ? payload.subarray(HEAD).toString('utf8') : undefined };
}
