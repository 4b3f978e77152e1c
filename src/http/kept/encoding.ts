/** Bodies of kept answers in other encodings, made once and not by the thread that answers. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { oneByOne } from '../../domain/one-by-one';

export type Encoding = 'br' | 'gzip';

/** Smaller bodies travel in one packet anyway; larger ones would be held for long. */
const LEAST = 1400;
const MOST = 4 * 1024 * 1024;
/** Bodies that wait to be compressed; others do when they are asked for again. */
const MOST_WAITING = 8;

/** Some 10 ms a MB each, and a fifth of the bytes. */
const encoders: Readonly<Record<Encoding, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (body) => promisify(gzip)(body, { level: 4 }),
};

/** RFC 9110 §12.5.3: the better of ours that an `Accept-Encoding` takes at least as gladly as the body as it is. */
export function encodingFor(header: string | undefined): Encoding | undefined {
  if (header === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const q = parameters.find((text) => text.startsWith('q='))?.slice(2) ?? '1';
    weights.set(name, /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0);
  }
  const weigh = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const plain = weights.get('identity') ?? 0;
  const wanted = (['br', 'gzip'] as const).filter((name) => weigh(name) > 0 && weigh(name) >= plain);
  return wanted.sort((a, b) => weigh(b) - weigh(a))[0];
}

/** One body at a time of the whole process: the threads of the pool verify passwords, too. */
const inTurn = oneByOne();
let waiting = 0;

export class Encoded {
  private readonly made = new Map<Encoding, Buffer | 'asked once' | 'under way'>();

  /** @returns the body, if it was made; it is when it is asked for a second time, for the next. */
  as(encoding: Encoding, pieces: readonly Buffer[], bytes: number): Buffer | undefined {
    const found = this.made.get(encoding);
    if (Buffer.isBuffer(found)) return found;
    if (bytes < LEAST || bytes > MOST) return undefined;
    if (found === undefined) this.made.set(encoding, 'asked once');
    if (found === 'asked once' && waiting < MOST_WAITING) {
      this.made.set(encoding, 'under way');
      waiting++;
      void inTurn(() => this.make(encoding, pieces))
        .catch(() => undefined)
        .finally(() => waiting--);
    }
    return undefined;
  }

  private async make(encoding: Encoding, pieces: readonly Buffer[]): Promise<void> {
    this.made.set(encoding, await encoders[encoding](Buffer.concat(pieces)));
  }
}
