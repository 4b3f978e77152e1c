import { stat } from 'node:fs/promises';
import type { Collection, ImportDefaults } from '../../src/domain/channel';
import type { Status } from '../../src/domain/taxii';
import { readColumnMap, SIMPLE_MAP } from '../input/column-map';
import { Import } from '../input/import-run';
import { importCsv, importList, importStix } from '../input/import-sources';
import { LocalDoor } from '../local/local-door';
import { progress } from '../output/progress';
import { actingAs, collectionNamed } from '../local/select';
import { findFiles } from '../input/stix-files';
import { level, oneOf, UsageError, type Arguments, type Context, type Verb } from '../verb';

const FORMATS = ['auto', 'stix', 'csv', 'list'] as const;
type Format = Exclude<(typeof FORMATS)[number], 'auto'>;

function formatOf(name: string, said: (typeof FORMATS)[number]): Format {
  if (said !== 'auto') return said;
  if (/\.(?:json|jsonl|ndjson|stix)$/i.test(name)) return 'stix';
  if (/\.(?:csv|tsv)$/i.test(name)) return 'csv';
  if (/\.(?:txt|list|lst)$/i.test(name)) return 'list';
  throw new UsageError(`${name}: what is it? Say --format stix, csv or list.`);
}

function defaultsOf(a: Arguments, collection: Collection): ImportDefaults {
  const number = (name: string, most: number): number | undefined => {
    const text = a.text(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,5}$/.test(text) || Number(text) > most)
      throw new UsageError(`--${name}: "${text}" is no whole number up to ${most}.`);
    return Number(text);
  };
  const [days, confidence, tlp] = [number('days', 36_500), number('confidence', 100), a.text('tlp')];
  const labels = a.list('label');
  return {
    ...collection.imports,
    ...(days === undefined ? {} : { validDays: days }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(labels.length === 0 ? {} : { labels }),
    ...(tlp === undefined ? {} : { tlp: level('tlp', tlp) }),
  };
}

function report(a: Arguments, context: Context, run: Import, door: LocalDoor): 0 | 1 {
  const { accepted, held, refused } = door.outcome;
  const [added, there] = [accepted - held, held + run.alreadyThere];
  if (a.json)
    context.print(
      JSON.stringify({
        applied: a.apply,
        read: run.made + run.alreadyThere,
        accepted: added,
        already_there: there,
        refused: door.refusedCount,
        unread: run.unreadCount,
        unread_lines: run.unread,
        refusals: refused satisfies Status['failures'],
      }),
    );
  else {
    for (const { source, line, why } of run.unread)
      context.print(`${source}${line === null ? '' : `:${line}`}: ${why}`);
    if (run.unreadCount > run.unread.length)
      context.print(`… and ${run.unreadCount - run.unread.length} more lines that could not be read.`);
    for (const { id, message = '' } of refused) context.print(`${id}: ${message}`);
    context.print(
      a.apply
        ? `${added} added, ${there} were there already, ${door.refusedCount} refused, ${run.unreadCount} lines could not be read.`
        : `Would add ${added} objects; ${there} are there already; ${door.refusedCount} would be refused; ${run.unreadCount} lines could not be read.\nNothing was changed. Say --apply to do it.`,
    );
  }
  return run.unreadCount + door.refusedCount > 0 ? 1 : 0;
}

export const importVerb: Verb = {
  name: 'import',
  summary: 'bring in STIX, CSV or plain lists of addresses, domains, URLs, hashes, e-mail addresses',
  help: `jisr import FILE… --to ROOT/ALIAS [--format auto|stix|csv|list] [--map MAP.json] [--encoding NAME] [--as LOGIN]
    [--tlp LEVEL] [--days N] [--confidence N] [--label TEXT,…] [--apply] [--json]

FILE is a file or a folder; - is standard input (STIX, or --format). By its name: .json, .jsonl, .ndjson, .stix hold
STIX; .csv, .tsv a table whose first line names the columns; .txt, .list, .lst one value a line, # begins a comment.
Values may be defanged (hxxp, [.], [at]). Values become indicators with a pattern, a validity, the marking and the
identity of the account's organisation; their ids follow from producer and pattern, so that importing twice adds
nothing, and a value whose time had passed is made valid anew. What a collection gives such indicators is in its
channel file ("import").

  --map         which column is what: {"columns":{"value":"indicator","type":"kind","tlp":"tlp"}}; see
                schemas/column-map.json. Without it the column "value" is taken
  --encoding    such as windows-1256; UTF-8 and, by its byte-order mark, UTF-16 are found out

Ends with 1 if a line could not be read or an object was refused; each is listed with its number and why.

Example:
  printf 'hxxps://evil[.]example/a\\n198.51.100[.]7\\n' > feed.txt && jisr import feed.txt --to europe/indicators`,
  changes: true,
  options: {
    to: { type: 'string' },
    as: { type: 'string' },
    format: { type: 'string' },
    map: { type: 'string' },
    encoding: { type: 'string' },
    tlp: { type: 'string' },
    days: { type: 'string' },
    confidence: { type: 'string' },
    label: { type: 'string', multiple: true },
  },
  run: async (a, context) => {
    if (a.words.length === 0)
      throw new UsageError('Say what to import: jisr import feed.txt --to europe/indicators.');
    const said = oneOf('format', a.text('format') ?? 'auto', FORMATS);
    const to = a.text('to');
    if (to === undefined) throw new UsageError('--to: name the collection, such as europe/indicators.');
    const store = await context.store();
    const collection = await collectionNamed(store, to);
    const principal = await actingAs(store, a);
    const defaults = defaultsOf(a, collection);
    const mapFile = a.text('map');
    const map = mapFile === undefined ? SIMPLE_MAP : await readColumnMap(mapFile);
    const files = await findFiles(a.words, /\.(?:json|jsonl|ndjson|stix|csv|tsv|txt|list|lst)$/i);
    const formats = files.map((file) => formatOf(file === '-' ? 'standard-input.json' : file, said));
    const door = new LocalDoor(store, principal, collection, context, a.apply);
    const run = new Import(store, principal, collection, door, context, defaults);
    const sizes = new Map<string, number>();
    for (const file of files) sizes.set(file, file === '-' ? 0 : (await stat(file)).size);
    const bar = progress(
      context,
      [...sizes.values()].reduce((x, y) => x + y, 0),
      'bytes',
    );
    let bytes = 0;
    const done = (file: string): void => bar.update((bytes += sizes.get(file) ?? 0));
    const encoding = a.text('encoding');
    try {
      const stix = files.filter((_, i) => formats[i] === 'stix');
      await importStix(run, stix, context, done);
      for (const [i, file] of files.entries()) {
        if (formats[i] === 'stix') continue;
        if (formats[i] === 'list') await importList(run, file, encoding, context);
        else await importCsv(run, file, encoding, map, context);
        await run.flush();
        done(file);
      }
      await door.flush();
    } finally {
      bar.stop();
    }
    return report(a, context, run, door);
  },
};
