/** What is read of the files of an import: lists, tables, STIX. */
import { parse } from 'csv-parse';
import { Readable } from 'node:stream';
import { OperatorError } from '../../src/domain/errors';
import type { RawMember } from '../../src/validation/text';
import { requireColumns, rowToSaid, type ColumnMap } from './column-map';
import type { Import } from './import-run';
import { recognise } from './refang';
import { readStix, type StixText } from './stix-files';
import { LONGEST_LINE, readLines, readText } from './text-lines';
import type { Context } from '../verb';

export async function importList(
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

export async function importCsv(
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

const isDefinition = ({ type }: RawMember): boolean => type === 'marking-definition';

/**
 * Files of STIX: the marking definitions of all of them first, as what cites one is ranked by default until it is
 * there; then file by file, each in the order of its references.
 */
export async function importStix(
  run: Import,
  files: readonly string[],
  context: Context,
  done: (file: string) => void,
): Promise<void> {
  const input = files.includes('-') ? await context.input() : Buffer.alloc(0);
  const read = (file: string): Promise<StixText[]> => readStix(file, { input: async () => input });
  if (files.length > 1)
    for (const file of files)
      for (const { members } of await read(file)) await run.objects(members.filter(isDefinition));
  for (const file of files) {
    const found: RawMember[] = [];
    for (const { source, members, unreadable } of await read(file)) {
      if (unreadable !== undefined) run.skip(source, null, unreadable);
      for (const member of members) if (files.length === 1 || !isDefinition(member)) found.push(member);
    }
    await run.objects(found);
    done(file);
  }
}
