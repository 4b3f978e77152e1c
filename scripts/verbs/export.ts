import { stringify } from 'csv-stringify/sync';
import { v4 as uuid } from 'uuid';
import { formatTimestamp } from '../../src/domain/timestamp';
import { tlpName } from '../../src/domain/tlp';
import { writeWhole } from '../output/disk';
import { badValues, LISTS, type ListKind } from '../output/block-list';
import { progress } from '../output/progress';
import { isExpired, staysHere, type Item } from '../../src/operations/read-collection';
import { actingAs, collectionNamed, selected, SELECTION, SELECTION_HELP } from '../local/select';
import { oneOf, type Verb } from '../verb';

const FORMATS = ['bundle', 'jsonl', 'csv', 'list'] as const;
const COLUMNS = [
  'id',
  'type',
  'name',
  'value',
  'pattern',
  'pattern_type',
  'valid_from',
  'valid_until',
  'confidence',
  'labels',
  'indicator_types',
  'description',
  'created',
  'modified',
  'created_by_ref',
  'tlp',
  'date_added',
] as const;

function csvRow({ object, date, rank }: Item): string {
  const cell = (name: string): string => {
    if (name === 'tlp') return tlpName(rank);
    if (name === 'date_added') return formatTimestamp(date);
    const value = object[name];
    if (value === undefined) return '';
    return typeof value === 'string'
      ? value
      : Array.isArray(value)
        ? value.join('; ')
        : JSON.stringify(value);
  };
  // A cell that a spreadsheet would run as a formula is written as text.
  return stringify([COLUMNS.map(cell)], { escape_formulas: true });
}

/** Values that were written, so that a list has each once; addresses by the million are some 100 bytes each. */
type Writer = (item: Item) => string | undefined;

function writerOf(format: (typeof FORMATS)[number], kinds: readonly ListKind[], now: number): Writer {
  if (format === 'jsonl') return ({ text }) => `${text}\n`;
  if (format === 'csv') return csvRow;
  if (format === 'list') {
    const seen = new Set<string>();
    return ({ object }) => {
      const fresh = badValues(object, kinds, now).filter((value) => !seen.has(value) && seen.add(value));
      return fresh.length === 0 ? undefined : `${fresh.join('\n')}\n`;
    };
  }
  let first = true;
  return ({ text }) => {
    // STIX has no empty list: a bundle of nothing has no objects.
    const lead = first ? ',"objects":[' : ',';
    first = false;
    return `${lead}\n${text}`;
  };
}

export const exportVerb: Verb = {
  name: 'export',
  summary: 'write objects as a bundle, JSON lines, CSV or a plain block list',
  help: `jisr export ROOT/ALIAS [--format bundle|jsonl|csv|list] [--kind address,domain,url,hash,email] [--out FILE]
    [--include-revoked] [--include-expired] [--include-strict] [OPTIONS]

${SELECTION_HELP}
  --format           bundle (default), jsonl, csv, or list: one value a line
  --kind             what a list is of (default: all). A pattern gives what it calls bad by itself: nothing that is
                     negated, that is bad only together with something else, or that is benign
  --include-revoked, --include-expired
                     revoked objects and expired indicators are left out otherwise
  --include-strict   TLP:AMBER+STRICT of other organisations is left out otherwise: it stays within the one that
                     received it, and so must what is written then
  --out              a file, written whole or not at all, for its owner alone; default: standard output

What is written is what the account may read: with --as the clearance of a reader holds.

Example:
  jisr export europe/indicators --format list --kind domain`,
  options: {
    ...SELECTION,
    format: { type: 'string' },
    kind: { type: 'string', multiple: true },
    out: { type: 'string' },
    'include-revoked': { type: 'boolean' },
    'include-expired': { type: 'boolean' },
    'include-strict': { type: 'boolean' },
  },
  run: async (a, context) => {
    const format = oneOf('format', a.text('format') ?? 'bundle', FORMATS);
    const kinds = a.list('kind').map((kind) => oneOf('kind', kind, LISTS));
    const store = await context.store();
    const collection = await collectionNamed(store, a.words[0]);
    const now = context.clock();
    const write = writerOf(format, kinds.length === 0 ? LISTS : kinds, now);
    const out = a.text('out');
    const reader = await actingAs(store, a);
    let [looked, written, strict] = [0, 0, 0];
    const bar = progress(context, 0, 'objects');
    async function* texts(): AsyncGenerator<string> {
      if (format === 'bundle') yield `{"type":"bundle","id":"bundle--${uuid()}"`;
      if (format === 'csv') yield stringify([[...COLUMNS]]);
      for await (const item of selected(store, collection, a, context)) {
        bar.update(++looked);
        if (item.object['revoked'] === true && !a.flag('include-revoked') && !a.flag('revoked')) continue;
        if (isExpired(item.object, now) && !a.flag('include-expired') && !a.flag('expired')) continue;
        if (staysHere(item, reader) && !a.flag('include-strict')) {
          strict++;
          continue;
        }
        const text = write(item);
        if (text === undefined) continue;
        written++;
        yield text;
      }
      if (format === 'bundle') yield written === 0 ? '}\n' : '\n]}\n';
    }
    try {
      if (out === undefined) for await (const text of texts()) await context.write(text);
      else await writeWhole(out, texts());
    } finally {
      bar.stop();
    }
    context.error(`${written} of ${looked} objects were written${out === undefined ? '' : ` to ${out}`}.`);
    if (strict > 0)
      context.error(
        `Left out: ${strict} of TLP:AMBER+STRICT that others published. They stay within your organisation; --include-strict writes them.`,
      );
    return 0;
  },
};
