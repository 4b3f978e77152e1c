/** TAXII servers as they are, as naive as can be: a list in the order of dates, and ways of giving it out in pages. */
import type { StixObject } from '../../src/domain/stix';
import { formatTimestamp, parseTimestamp } from '../../src/domain/timestamp';
import type { Answer, Ask } from '../../src/feeds/position';

export interface Kind {
  readonly next: 'cursor' | 'offset' | 'same' | 'none';
  /** Digits of a second in the date headers, and how it gets there; null: no headers. */
  readonly dates: { digits: 0 | 3 | 6; way: 'cut' | 'round' | 'up' } | null;
  /** Cuts a client's added_after to so many digits. */
  readonly reads: 3 | 6;
  readonly cap: number;
  /** Objects of a page that come once more with the next one, by `next`. */
  readonly repeats: number;
  /** Each so many-th `next` is known no longer; 0: never. */
  readonly forgets: number;
}

interface Held {
  readonly date: number;
  readonly object: StixObject;
}

/** Of the first object; microseconds since 1970. */
export const BASE = 1_700_000_000_000_000;

export class Model {
  readonly held: Held[] = [];
  requests = 0;
  private session = { began: undefined as string | undefined, at: 0 };

  constructor(private readonly kind: Kind) {}

  add(step: number, versionless: boolean): void {
    const i = this.held.length;
    const date = (this.held.at(-1)?.date ?? BASE) + step;
    const id = `tool--00000000-0000-4000-8000-${String(Math.floor(i / 2)).padStart(12, '0')}`;
    const object = versionless
      ? { type: 'url', id: id.replace('tool', 'url'), value: `https://example.test/${i}` }
      : { type: 'tool', id, modified: new Date(1e12 + i).toISOString() };
    this.held.push({ date, object });
  }

  private header(date: number): string | undefined {
    const { dates } = this.kind;
    if (dates === null) return undefined;
    const unit = 10 ** (6 - dates.digits);
    const to = { cut: Math.floor, round: Math.round, up: Math.ceil }[dates.way];
    const text = formatTimestamp(to(date / unit) * unit);
    return dates.digits === 0
      ? text.replace(/\.\d+/, '')
      : text.replace(/(\.\d{3})\d{3}Z$/, dates.digits === 3 ? '$1Z' : '$&');
  }

  answer({ addedAfter, next, limit }: Ask): Answer {
    this.requests++;
    const { kind } = this;
    if (next !== undefined && kind.forgets > 0 && this.requests % kind.forgets === 0) return 'forgotten';
    if (kind.next === 'same' && next !== undefined && this.session.began !== addedAfter) return 'forgotten';
    const unit = 10 ** (6 - kind.reads);
    const after = addedAfter === undefined ? -1 : Math.floor(parseTimestamp(addedAfter)! / unit) * unit;
    const from = this.held.findIndex((h) => h.date > after);
    const start = from < 0 ? this.held.length : from;
    const at =
      next === undefined
        ? start
        : kind.next === 'same'
          ? this.session.at
          : kind.next === 'offset'
            ? start + Number(next)
            : Number(next);
    const again =
      next === undefined
        ? at
        : Math.max(start, at - (Math.min(limit, kind.cap) > 2 * kind.repeats ? kind.repeats : 0));
    const end = Math.min(this.held.length, again + Math.min(limit, kind.cap));
    const page = this.held.slice(again, end);
    const more = end < this.held.length;
    this.session = { began: next === undefined ? addedAfter : this.session.began, at: end };
    const way = { cursor: String(end), offset: String(end - start), same: 'same', none: undefined }[
      kind.next
    ];
    return {
      objects: page.map((h) => h.object),
      more,
      next: more ? way : undefined,
      last: page.length === 0 ? undefined : this.header(page.at(-1)!.date),
    };
  }
}
