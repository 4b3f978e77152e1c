/** Bytes that are too many for one document, in pieces under a token. */
import { Binary } from 'mongodb';
import type { Connection } from './connection';

export const CHUNK = 8 * 1024 * 1024;

export async function writeChunks(
  { tables, clock }: Connection,
  token: string,
  bytes: Uint8Array,
): Promise<number> {
  const count = Math.ceil(bytes.length / CHUNK);
  for (let i = 0; i < count; i++) {
    const data = new Binary(Buffer.from(bytes.subarray(i * CHUNK, (i + 1) * CHUNK)));
    await tables.chunks.insertOne({ _id: `${token}:${i}`, token, at: clock(), data });
  }
  return count;
}

/** @returns undefined if they are not all there. */
export async function readChunks(
  { tables }: Connection,
  token: string,
  count: number,
): Promise<Buffer | undefined> {
  const found: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const chunk = await tables.chunks.findOne({ _id: `${token}:${i}` });
    if (!chunk) return undefined;
    found.push(Buffer.from(chunk.data.buffer));
  }
  return Buffer.concat(found);
}
