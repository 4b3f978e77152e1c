/** How the columns of a member's CSV become indicators: kept in a file, so that a feed needs it once. */
import { readFile } from 'node:fs/promises';
import { validators } from '#compiled-schemas';
import { OperatorError } from '../../src/domain/errors';
import { parseTimestamp, formatTimestamp } from '../../src/domain/timestamp';
import { rankOf } from '../../src/domain/tlp';
import type { Said } from './indicators';
import { recognise, refang, VALUE_TYPES, type Recognised, type ValueType } from './refang';

/** schemas/column-map.json describes each property. */
export interface ColumnMap {
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly columns: {
    readonly value: string;
    readonly type?: string;
    readonly name?: string;
    readonly description?: string;
    readonly labels?: string;
    readonly confidence?: string;
    readonly valid_from?: string;
    readonly valid_until?: string;
    readonly tlp?: string;
    readonly reference?: string;
  };
  /** The words of the type column → the types of values. */
  readonly types?: Readonly<Record<string, ValueType>>;
  readonly label_separator?: string;
}

export const SIMPLE_MAP: ColumnMap = { columns: { value: 'value' } };

/** @throws {OperatorError} the file cannot be read or does not fit, with file, place and rule. */
export async function readColumnMap(path: string): Promise<ColumnMap> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new OperatorError(`${path}: cannot be read (${(error as Error).message}).`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OperatorError(`${path}: is no JSON (${(error as Error).message}).`);
  }
  const validate = validators['column-map'];
  if (!validate?.(value)) {
    const [error] = validate?.errors ?? [];
    throw new OperatorError(
      `${path}: ${error?.instancePath || '/'}: ${error?.keyword ?? ''}: ${error?.message ?? 'is wrong'}. See schemas/column-map.json.`,
    );
  }
  return value as ColumnMap;
}

/** @throws {OperatorError} a column of the map is not in the file. */
export function requireColumns(source: string, map: ColumnMap, header: readonly string[]): void {
  const missing = Object.values(map.columns).filter((column) => !header.includes(column));
  if (missing.length > 0)
    throw new OperatorError(
      `${source}: line 1: there is no column ${missing.map((m) => `"${m}"`).join(', ')}; there are ${header.map((h) => `"${h}"`).join(', ')}. Name the columns in a map: --map FILE.`,
    );
}

function valueOf(map: ColumnMap, row: Readonly<Record<string, string>>): Recognised | string {
  const text = (row[map.columns.value] ?? '').trim();
  if (text === '') return `column "${map.columns.value}" is empty`;
  const found = recognise(text);
  const word = map.columns.type === undefined ? undefined : (row[map.columns.type] ?? '').trim();
  if (word === undefined || word === '')
    return found ?? `"${text.slice(0, 80)}" is no address, domain, URL, e-mail address or hash`;
  const wanted = map.types?.[word] ?? VALUE_TYPES.find((type) => type === word.toLowerCase());
  if (!wanted)
    return `column "${map.columns.type ?? ''}": "${word.slice(0, 40)}" is no type; name it in "types" of the map`;
  if (found?.type === wanted) return found;
  return `"${refang(text).slice(0, 80)}" is no ${wanted}`;
}

/** @returns what a row says, or why it cannot be read. */
export function rowToSaid(map: ColumnMap, row: Readonly<Record<string, string>>): Said | string {
  const { columns } = map;
  const value = valueOf(map, row);
  if (typeof value === 'string') return value;
  const cell = (name: keyof ColumnMap['columns']): string | undefined => {
    const column = columns[name];
    const text = column === undefined ? '' : (row[column] ?? '').trim();
    return text === '' ? undefined : text;
  };
  const times = (['valid_from', 'valid_until'] as const).map((name) => {
    const text = cell(name);
    if (text === undefined) return undefined;
    const micros = parseTimestamp(
      /^\d{4}-\d\d-\d\d$/.test(text)
        ? `${text}T00:00:00Z`
        : text.replace(' ', 'T').replace(/(:\d\d)$/, '$1Z'),
    );
    return (
      micros ??
      `column "${columns[name] ?? ''}": "${text.slice(0, 40)}" is no time such as 2024-01-31 or 2024-01-31T08:00:00Z`
    );
  });
  const wrong = times.find((t) => typeof t === 'string');
  if (wrong !== undefined) return wrong;
  const [from, until] = times as (number | undefined)[];
  if (from !== undefined && until !== undefined && until <= from)
    return `column "${columns.valid_until ?? ''}" is not later than "${columns.valid_from ?? ''}"`;
  const confidence = cell('confidence');
  if (confidence !== undefined && !(/^\d{1,3}$/.test(confidence) && Number(confidence) <= 100))
    return `column "${columns.confidence ?? ''}": "${confidence.slice(0, 40)}" is no whole number from 0 to 100`;
  const tlp = cell('tlp')?.replace(/^tlp:\s*/i, '');
  const rank = tlp === undefined ? undefined : rankOf(tlp);
  if (tlp !== undefined && rank === undefined)
    return `column "${columns.tlp ?? ''}": "${tlp.slice(0, 40)}" is no TLP level`;
  const labels = cell('labels')
    ?.split(map.label_separator ?? ';')
    .map((label) => label.trim())
    .filter((label) => label !== '');
  const reference = cell('reference');
  const [name, description] = [cell('name'), cell('description')];
  return {
    value,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(labels === undefined || labels.length === 0 ? {} : { labels }),
    ...(confidence === undefined ? {} : { confidence: Number(confidence) }),
    ...(from === undefined ? {} : { validFrom: formatTimestamp(from) }),
    ...(until === undefined ? {} : { validUntil: formatTimestamp(until) }),
    ...(rank === undefined ? {} : { rank }),
    ...(reference === undefined || !URL.canParse(reference)
      ? {}
      : { reference: encodeURI(reference).replaceAll('%25', '%') }),
  };
}
