/** The bytes of a body as they arrive, in memory once: also while they are handed over in one piece. */
import { setImmediate as turn } from 'node:timers/promises';

/** Smaller bodies are kept as they came: a reservation is not worth its while. */
const SMALL = 1024 * 1024;
/** Memory is taken from the system, and given back to it, in pieces of this many bytes. */
const PIECE = 4 * 1024 * 1024;

export class Received {
  private readonly chunks: Buffer[] = [];
  /** A reservation of addresses that has only as much memory as is filled. */
  private room: ArrayBuffer | undefined;
  private filled = 0;

  /** @param most bytes that will ever be added. */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.filled;
  }

  add(chunk: Buffer): void {
    if (this.room === undefined && this.filled + chunk.length <= SMALL) this.chunks.push(chunk);
    else this.place(chunk);
    this.filled += chunk.length;
  }

  private place(chunk: Buffer): void {
    this.room ??= new ArrayBuffer(0, { maxByteLength: this.most });
    if (this.room.byteLength === 0) {
      this.room.resize(Math.min(this.most, this.filled + chunk.length + PIECE));
      let at = 0;
      for (const early of this.chunks.splice(0)) at += early.copy(new Uint8Array(this.room), at);
    }
    const end = this.filled + chunk.length;
    if (end > this.room.byteLength) this.room.resize(Math.min(this.most, end + PIECE));
    new Uint8Array(this.room).set(chunk, this.filled);
  }

  /**
   * All of it, in memory of its own and not of Node's pool: it may be handed over to a thread. What arrived is given
   * back from its end on while it is copied, piece by piece, so that no moment holds it twice and none is long.
   */
  async whole(): Promise<Buffer> {
    const body = Buffer.allocUnsafeSlow(this.filled);
    if (this.room === undefined) {
      let at = 0;
      for (const chunk of this.chunks) at += chunk.copy(body, at);
      return body;
    }
    for (let end = this.filled; end > 0;) {
      const from = Math.max(0, end - PIECE);
      body.set(new Uint8Array(this.room, from, end - from), from);
      this.room.resize(from);
      end = from;
      if (end > 0) await turn();
    }
    return body;
  }

  /** Gives all memory back at once. */
  drop(): void {
    this.chunks.length = 0;
    this.room?.resize(0);
    this.room = undefined;
    this.filled = 0;
  }
}
