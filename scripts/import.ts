import { parse } from 'csv-parse';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Principal } from '../src/domain/access';
import type { Collection, ImportDefaults } from '../src/domain/channel';
import { OperatorError } from '../src/domain/errors';
import { identityOf } from '../src/domain/identity';
import type { StixObject } from '../src/domain/stix';
import type { Status } from '../src/domain/taxii';
import { scopeFor } from '../src/domain/access';
import type { Store } from '../src/store/store';
import { readColumnMap, requireColumns, rowToSaid, SIMPLE_MAP, type ColumnMap } from './column-map';
import { indicatorOf, renewed, type Said } from './indicators';
import { LocalDoor } from './local-door';
import { progress } from './progress';
import { recognise } from './refang';
import { isExpired } from '../src/read-collection';
import { actingAs, allowed, collectionNamed } from './select';
import { findFiles, readStix } from './stix-files';
import { LONGEST_LINE, readLines, readText } from './text-lines';
import { level, oneOf, UsageError, type Arguments, type Context, type Verb } from './verb';

const FORMATS = ['auto', 'stix', 'csv', 'list'] as const;
type Format = Exclude<(typeof FORMATS)[number], 'auto'>;

/** What could not be read, with its place and why. */
interface Unread {
  readonly source: string;
  readonly line: number | null;
  readonly why: string;
}

/** Kept for the report; all are counted. */
const MOST_KEPT = 1000;
const BATCH = 500;

function formatOf(name: string, said: (typeof FORMATS)[number]): Format {
  if (said !== 'auto') return said;
  if (/\.(?:json|jsonl|ndjson|stix)$/i.test(name)) return 'stix';
  if (/\.(?:csv|tsv)$/i.test(name)) return 'csv';
  if (/\.(?:txt|list|lst)$/i.test(name)) return 'list';
  throw new UsageError(`${name}: what is it? Say --format stix, csv or list.`);
}

/** One run: what it was given, and what came of it. */
class Import {
  readonly unread: Unread[] = [];
  unreadCount = 0;
  made = 0;
  alreadyThere = 0;
  private waiting: { object: StixObject; source: string; line: number | null }[] = [];
  private readonly seen = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly principal: Principal,
    private readonly collection: Collection,
    private readonly door: LocalDoor | undefined,
    private readonly context: Context,
    private readonly defaults: ImportDefaults,
  ) {}

  skip(source: string, line: number | null, why: string): void {
    this.unreadCount++;
    if (this.unread.length < MOST_KEPT) this.unread.push({ source, line, why });
  }

  async indicator(said: Said, source: string, line: number | null): Promise<void> {
    const producer = identityOf(this.principal.organisation);
    const now = this.context.clock();
    const object = indicatorOf(said, { producer, defaults: this.defaults, now });
    const id = String(object['id']);
    // A value that a feed names twice is one indicator.
    if (this.seen.has(id)) {
      this.alreadyThere++;
      return;
    }
    this.seen.add(id);
    this.waiting.push({ object, source, line });
    if (this.waiting.length >= BATCH) await this.flush();
  }

  /** Only what is not there, or was there and is past its time, is published. */
  async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    const scope = await allowed('import', () => scopeFor(this.principal, this.collection, 'write'));
    const held = await this.store.objects.lookup(
      scope,
      batch.map(({ object }) => String(object['id'])),
    );
    const now = this.context.clock();
    for (const { object } of batch) {
      const text = held.get(String(object['id']))?.[0]?.text;
      const standing = text === undefined ? undefined : (JSON.parse(text) as StixObject);
      if (standing && (!isExpired(standing, now) || standing['revoked'] === true)) {
        this.alreadyThere++;
        continue;
      }
      this.made++;
      await this.door?.add(JSON.stringify(standing ? renewed(standing, object) : object));
    }
  }

  async object(text: string): Promise<void> {
    this.made++;
    await this.door?.add(text);
  }
}

async function importList(
  run: Import,
  file: string,
  encoding: string | undefined,
  context: Context,
): Promise<void> {
  for await (const { number, text } of readLines(readText(file, encoding, context))) {
    if (text === undefined) {
      run.skip(file, number, `is longer than ${LONGEST_LINE} characters`);
      continue;
    }
    const said = text.replace(/^\s*(?:#|\/\/|;).*$/, '').trim();
    if (said === '') continue;
    const value = recognise(said.split(/[\s,;]+#/)[0] as string);
    if (value) await run.indicator({ value }, file, number);
    else run.skip(file, number, `"${said.slice(0, 80)}" is no address, domain, URL, e-mail address or hash`);
  }
}

/** What csv-parse says, for people. */
function csvProblem({ code, message }: Error & { code?: string }): string {
  return code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quote is opened and never closed' : message;
}

async function importCsv(
  run: Import,
  file: string,
  encoding: string | undefined,
  map: ColumnMap,
  context: Context,
): Promise<void> {
  let header: string[] | undefined;
  /** Where the last row that was read ends: what is wrong begins behind it. */
  let lastLine = 1;
  let brokenAt: number | undefined;
  const parser = parse({
    bom: true,
    delimiter: map.delimiter ?? (/\.tsv$/i.test(file) ? '\t' : ','),
    columns: (names: string[]) => {
      header = names.map((name) => name.trim());
      requireColumns(file, map, header);
      return header;
    },
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: LONGEST_LINE,
    on_skip: (error) => {
      if (!error || brokenAt !== undefined) return;
      const { code, lines } = error as { code?: string; lines?: number };
      // What follows begins in the middle of a record.
      if (code === 'CSV_MAX_RECORD_SIZE') brokenAt = lines ?? 0;
      else run.skip(file, lastLine + 1, csvProblem(error));
    },
  });
  const text = Readable.from(readText(file, encoding ?? map.encoding, context));
  text.on('error', (error) => parser.destroy(error));
  try {
    for await (const row of text.pipe(parser)) {
      const { record, info } = row as { record: Record<string, string>; info: { lines: number } };
      if (brokenAt !== undefined && info.lines >= brokenAt) break;
      lastLine = info.lines;
      const said = rowToSaid(map, record);
      if (typeof said === 'string') run.skip(file, info.lines, said);
      else await run.indicator(said, file, info.lines);
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    run.skip(file, lastLine + 1, `${csvProblem(error as Error)}; nothing after it was read`);
  }
  if (brokenAt !== undefined)
    run.skip(
      file,
      lastLine + 1,
      `a record is longer than ${LONGEST_LINE} characters: is a quote never closed? Nothing after it was read`,
    );
}

async function importStix(run: Import, file: string, context: Context): Promise<void> {
  for (const { source, members, unreadable } of await readStix(file, context)) {
    if (unreadable !== undefined) run.skip(source, null, unreadable);
    for (const { text } of members) await run.object(text);
  }
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

function report(a: Arguments, context: Context, run: Import, door: LocalDoor | undefined): 0 | 1 {
  const refused = door?.outcome.refused ?? [];
  const accepted = door?.outcome.accepted ?? 0;
  const held = (door?.outcome.held ?? 0) + run.alreadyThere;
  const refusedCount = door?.refusedCount ?? 0;
  if (a.json)
    context.print(
      JSON.stringify({
        ...{
          applied: a.apply,
          read: run.made + run.alreadyThere,
          accepted: accepted - (door?.outcome.held ?? 0),
        },
        ...{ already_there: held, refused: refusedCount, unread: run.unreadCount },
        ...{ unread_lines: run.unread, refusals: refused satisfies Status['failures'] },
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
        ? `${accepted - (door?.outcome.held ?? 0)} added, ${held} were there already, ${refusedCount} refused, ${run.unreadCount} lines could not be read.`
        : `Would publish ${run.made} objects; ${run.alreadyThere} are there already; ${run.unreadCount} lines could not be read.\nNothing was changed. Say --apply to do it.`,
    );
  }
  return run.unreadCount + refusedCount > 0 ? 1 : 0;
}

export const importVerb: Verb = {
  name: 'import',
  summary: 'bring in STIX, CSV or plain lists of addresses, domains, URLs, hashes, e-mail addresses',
  help: `jisr import FILE… --to ROOT/ALIAS [--format auto|stix|csv|list] [--map MAP.json] [--encoding NAME] [--as LOGIN]
    [--tlp LEVEL] [--days N] [--confidence N] [--label TEXT,…] [--apply] [--json]

FILE is a file or a folder; - is standard input (STIX, or --format). By its name: .json, .jsonl, .ndjson, .stix hold STIX; .csv,
.tsv a table whose first line names the columns; .txt, .list, .lst one value a line, # begins a comment. Values may be
defanged (hxxp, [.], [at]). Values become indicators with a pattern, a validity, the marking and the identity of the
account's organisation; their ids follow from producer and pattern, so that importing twice adds nothing, and a value
whose time had passed is made valid anew. What a collection gives such indicators is in its channel file ("import").

  --map         which column is what: {"columns":{"value":"indicator","type":"kind","tlp":"tlp"}}; see
                schemas/column-map.json. Without it the column "value" is taken
  --encoding    such as windows-1256; UTF-8 and, by its byte-order mark, UTF-16 are found out

Ends with 1 if a line could not be read or an object was refused; each is listed with its number and why.

Example:
  printf 'hxxps://evil[.]example/a\\n198.51.100[.]7\\n' > feed.txt && jisr import feed.txt --to europe/indicators`,
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
    const door = a.apply ? new LocalDoor(store, principal, collection, context) : undefined;
    const run = new Import(store, principal, collection, door, context, defaults);
    const sizes = await Promise.all(files.map(async (file) => (file === '-' ? 0 : (await stat(file)).size)));
    const bar = progress(
      context,
      sizes.reduce((x, y) => x + y, 0),
      'bytes',
    );
    let done = 0;
    try {
      for (const [i, file] of files.entries()) {
        if (formats[i] === 'list') await importList(run, file, a.text('encoding'), context);
        else if (formats[i] === 'csv') await importCsv(run, file, a.text('encoding'), map, context);
        else await importStix(run, file, context);
        await run.flush();
        bar.update((done += sizes[i] as number));
      }
      await door?.flush();
    } finally {
      bar.stop();
    }
    return report(a, context, run, door);
  },
};
