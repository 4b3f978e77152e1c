import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import { formatTimestamp } from '../../src/domain/timestamp';
import { countObjects, DIMENSIONS, type Dimension } from '../../src/operations/stats';
import {
  actingAs,
  allowed,
  collectionNamed,
  refuseUnread,
  SELECTION,
  SELECTION_HELP,
  selectionOf,
} from '../local/select';
import { writeWhole } from '../output/disk';
import { isRightToLeft, LANGUAGES, placeName, word } from '../output/stats-words';
import { barChart } from '../output/svg';
import { oneOf, table, type Verb } from '../verb';

const FORMATS = ['table', 'json', 'csv', 'svg'] as const;

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
    const named = await Promise.all(a.words.map((name) => collectionNamed(store, name)));
    const selection = selectionOf(a, context);
    for (const collection of named) refuseUnread(principal, collection);
    const collections = named.length > 0 ? named : undefined;
    const now = context.clock();
    const { total, by } = await countObjects(store, principal, collections, selection, now);
    const tables = DIMENSIONS.map((d) => [d, by[d]] as const);
    const said = (name: string): string => word(language, name);
    const nameOf = (dimension: Dimension, name: string): string => {
      if (dimension === 'country') return placeName(language, name);
      return dimension === 'age' || dimension === 'state' ? said(name) : name;
    };
    const translated = tables.map(
      ([d, rows]) => [d, rows.map(([n, c]) => [nameOf(d, n), c] as const)] as const,
    );
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
            ...translated.flatMap(([d, rows]) => rows.map(([n, c]) => [said(d), n, c])),
          ],
          {
            escape_formulas: true,
          },
        ),
      );
    else if (format === 'svg') {
      const folder = a.text('out') ?? '.';
      await allowed(folder, () => mkdir(folder, { recursive: true }));
      for (const [d, rows] of translated) {
        const path = join(folder, `objects-by-${d}.svg`);
        const options = { language, rightToLeft: isRightToLeft(language) };
        const chart = barChart(said(`Objects by ${d}`), rows.slice(0, 40), options);
        await writeWhole(path, Readable.from([chart]));
        context.print(path);
      }
    } else {
      context.print(`${total} objects.`);
      for (const [d, rows] of translated)
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
