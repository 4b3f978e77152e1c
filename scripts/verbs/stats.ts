import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import { formatTimestamp, type Micros } from '../../src/domain/timestamp';
import { tlpName } from '../../src/domain/tlp';
import { isExpired } from '../../src/operations/read-collection';
import { actingAs, allowed, collectionNamed, select, SELECTION, SELECTION_HELP } from '../local/select';
import { writeWhole } from '../output/disk';
import { isRightToLeft, LANGUAGES, placeName, word } from '../output/stats-words';
import { barChart } from '../output/svg';
import { oneOf, table, type Verb } from '../verb';
import { OperatorError } from '../../src/domain/errors';

const DAY = 24 * 3600 * 1e6;
const AGES = [
  [7, 'up to 7 days'],
  [30, 'up to 30 days'],
  [90, 'up to 90 days'],
  [365, 'up to a year'],
  [Infinity, 'older'],
] as const;
const DIMENSIONS = ['type', 'marking', 'producer', 'country', 'age', 'week', 'state'] as const;
type Dimension = (typeof DIMENSIONS)[number];
type Counts = Record<Dimension, Map<string, number>>;

/** ISO 8601 week, such as 2024-W05. */
export function weekOf(date: Micros): string {
  const day = new Date(Math.floor(date / 1000));
  const thursday = new Date(day);
  thursday.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  // Date.UTC takes the years 1 to 99 for 1901 to 1999.
  const newYear = new Date(0).setUTCFullYear(year, 0, 1);
  const week = Math.ceil(((thursday.getTime() - newYear) / 86_400_000 + 1) / 7);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

const FORMATS = ['table', 'json', 'csv', 'svg'] as const;
/** In the order of the numbers; ages and weeks in that of time. */
const ORDERED: Readonly<Record<string, true>> = { age: true, week: true };

function sorted(dimension: Dimension, counts: ReadonlyMap<string, number>): [string, number][] {
  const entries = [...counts];
  if (dimension === 'age')
    return AGES.flatMap(([, name]): [string, number][] =>
      counts.has(name) ? [[name, counts.get(name) ?? 0]] : [],
    );
  return ORDERED[dimension]
    ? entries.sort(([a], [b]) => (a < b ? -1 : 1))
    : entries.sort(([, a], [, b]) => b - a);
}

export const stats: Verb = {
  name: 'stats',
  summary: 'count objects by type, marking, producer, country, age, week and state',
  help: `jisr stats [ROOT/ALIAS…] [--format table|json|csv|svg] [--lang ar|en|fr|es] [--out FOLDER] [OPTIONS]

Without a collection all that the account may read. The state of an object is active, revoked, expired, and "never
read" if it was added after everything that any organisation but its publisher has polled. svg writes a chart for each
count into a folder (default: .). Words and the names of countries are in the language asked for (default: en); in
JSON they are always the same, and countries are codes.

${SELECTION_HELP}

Example:
  jisr stats europe/indicators`,
  options: { ...SELECTION, format: { type: 'string' }, lang: { type: 'string' }, out: { type: 'string' } },
  run: async (a, context) => {
    const format = a.json ? 'json' : oneOf('format', a.text('format') ?? 'table', FORMATS);
    const language = oneOf('lang', a.text('lang') ?? 'en', LANGUAGES);
    const store = await context.store();
    const principal = await actingAs(store, a);
    const all = (await store.catalog.channels()).flatMap((c) => c.collections);
    const collections =
      a.words.length > 0 ? await Promise.all(a.words.map((name) => collectionNamed(store, name))) : all;
    const organisations = new Map((await store.people.organisations()).map((o) => [o.id, o]));
    const readings = await store.house.readings();
    const now = context.clock();
    const counts = Object.fromEntries(DIMENSIONS.map((d) => [d, new Map<string, number>()])) as Counts;
    const count = (dimension: Dimension, name: string): void => {
      counts[dimension].set(name, (counts[dimension].get(name) ?? 0) + 1);
    };
    let total = 0;
    for (const collection of collections) {
      const read = (publisher: string): Micros =>
        Math.max(
          -1,
          ...readings
            .filter((r) => r.collectionId === collection.id && r.organisationId !== publisher)
            .map((r) => r.lastDate),
        );
      try {
        for await (const item of select(store, collection, a, context)) {
          total++;
          const organisation = organisations.get(item.publisher);
          count('type', item.type);
          count('marking', tlpName(item.rank));
          count('producer', organisation?.name ?? item.publisher);
          count('country', organisation?.country ?? organisation?.region ?? 'unknown');
          const days = (now - item.date) / DAY;
          count('age', (AGES.find(([most]) => days <= most) ?? AGES[4])[1]);
          count('week', weekOf(item.date));
          if (item.object['revoked'] === true) count('state', 'revoked');
          else if (isExpired(item.object, now)) count('state', 'expired');
          else count('state', 'active');
          if (item.date > read(item.publisher)) count('state', 'never read');
        }
      } catch (error) {
        // Of all collections those that the account may not read are left out.
        if (a.words.length > 0 || !(error instanceof OperatorError)) throw error;
      }
    }
    const tables = DIMENSIONS.map((d) => [d, sorted(d, counts[d])] as const);
    const said = (name: string): string => word(language, name);
    const nameOf = (dimension: Dimension, name: string): string => {
      if (dimension === 'country') return placeName(language, name);
      return dimension === 'age' || dimension === 'state' ? said(name) : name;
    };
    const named = tables.map(([d, rows]) => [d, rows.map(([n, c]) => [nameOf(d, n), c] as const)] as const);
    if (format === 'json')
      context.print(
        JSON.stringify({
          at: formatTimestamp(now),
          by: principal.name,
          total,
          ...Object.fromEntries(tables.map(([d, rows]) => [`by_${d}`, Object.fromEntries(rows)])),
        }),
      );
    else if (format === 'csv')
      await context.write(
        stringify(
          [
            ['count', 'name', 'objects'].map(said),
            ...named.flatMap(([d, rows]) => rows.map(([n, c]) => [said(d), n, c])),
          ],
          {
            escape_formulas: true,
          },
        ),
      );
    else if (format === 'svg') {
      const folder = a.text('out') ?? '.';
      await allowed(folder, () => mkdir(folder, { recursive: true }));
      for (const [d, rows] of named) {
        const path = join(folder, `objects-by-${d}.svg`);
        const options = { language, rightToLeft: isRightToLeft(language) };
        const chart = barChart(said(`Objects by ${d}`), rows.slice(0, 40), options);
        await writeWhole(path, Readable.from([chart]));
        context.print(path);
      }
    } else {
      context.print(`${total} objects.`);
      for (const [d, rows] of named)
        if (rows.length > 0)
          context.print(
            `\n${table(
              [said(d), said('objects')],
              rows.map(([n, c]) => [n, String(c)]),
            )}`,
          );
    }
    return 0;
  },
};
