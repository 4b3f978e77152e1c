import type { Micros } from '../../domain/timestamp';
import type { Connection } from './connection';

/** Draws the dates of one unit of work, for as many collections as it touches. */
export interface Dates {
  next(collection: number): Micros;
  /** Writes down how far each collection has come; call it before the unit of work ends. */
  save(): void;
}

/**
 * `date_added` is drawn inside the write, above the newest date ever given in the collection and above the clock
 * (T-176), in steps of 1 to 16 µs at random, so that gaps tell little of what is hidden (D9).
 */
export function drawDates({ sql, clock, random }: Connection): Dates {
  const last = new Map<number, Micros>();
  return {
    next(collection) {
      let date = last.get(collection);
      if (date === undefined) {
        const stored = sql('SELECT last_date FROM collections WHERE row = ?')
          .pluck()
          .get(collection) as Micros;
        date = Math.max(clock(), stored);
      }
      date += 1 + Math.floor(random() * 16);
      last.set(collection, date);
      return date;
    },
    save() {
      for (const [row, date] of last)
        sql('UPDATE collections SET last_date = ? WHERE row = ?').run(date, row);
    },
  };
}
