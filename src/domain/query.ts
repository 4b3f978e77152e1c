/** Queries are values: parsed once at the edge, refused if wrong (§3.4). */
import { readCursor } from './cursor';
import { TaxiiError } from './errors';
import { FIELDS, propertyTest, type PropertyFilters } from './filters';
import { canonicalTimestamp, instantKey, parseTimestamp, type Micros } from './timestamp';

export type Keyword = 'first' | 'last';

/** Which versions of each object (§3.4.1): all, or a union of keywords and exact values. */
export type VersionSelection =
  | { readonly all: true }
  | { readonly all: false; readonly keywords: readonly Keyword[]; readonly instants: readonly string[] };

/** What an object must be to be listed. Lists are never empty; undefined means "any". */
export interface Matching {
  readonly ids: readonly string[] | undefined;
  readonly types: readonly string[] | undefined;
  readonly version: VersionSelection;
  /** undefined: per object its latest specification version (T-226). */
  readonly specVersions: readonly string[] | undefined;
  readonly properties: PropertyFilters;
}

/** Which versions of an object are removed. */
export interface RemovalSelection extends Pick<Matching, 'version' | 'specVersions'> {
  /** The id of the organisation whose versions alone are meant, where several published one (D7a); undefined: all. */
  readonly publisher?: string | undefined;
}

export interface ObjectQuery extends Matching {
  /** Strictly later than this (T-145); the later of `added_after` and the cursor's position (T-183). */
  readonly after: Micros | undefined;
  /** `added_after` beyond what microseconds can count, for the date headers of an empty page (T-193). */
  readonly echo?: string | undefined;
  readonly limit: number;
  /** The match filters as a query string, for the cursor of the next page. */
  readonly filters: string;
}

export interface Limits {
  /** Members of a page without `limit` (T-160), and at most (T-158). */
  readonly pageSize: number;
  readonly maxPageSize: number;
  /** Values of one match filter, and parameters of one request (T-385). */
  readonly maxFilterValues: number;
  /** T-136: refuse match fields that the server does not know instead of ignoring them. */
  readonly strictFilters: boolean;
}

/** What an endpoint lists (table 0.2): the filters that it knows; others are ignored there (T-137). */
export type Endpoint = 'objects' | 'object' | 'versions' | 'delete';

const KNOWN: Record<Endpoint, (field: string) => boolean> = {
  objects: (field) => ['id', 'type', 'version', 'spec_version'].includes(field) || FIELDS.has(field),
  object: (field) => ['version', 'spec_version'].includes(field),
  versions: (field) => field === 'spec_version',
  delete: (field) => ['version', 'spec_version'].includes(field),
};

export const LAST: VersionSelection = { all: false, keywords: ['last'], instants: [] };
export const ALL: VersionSelection = { all: true };

function bad(name: string, why: string): TaxiiError {
  return new TaxiiError('bad-query', `${name}: ${why}`);
}

/** The one value of a parameter that may be given once (T-134, T-135). */
function single(params: URLSearchParams, name: string): string | undefined {
  const values = params.getAll(name);
  if (values.length > 1) throw bad(name, 'was given more than once. Give it once.');
  return values[0];
}

/** T-132, T-133, T-139: each field once, its values separated by commas, none empty. */
function matchFields(params: URLSearchParams, endpoint: Endpoint, limits: Limits): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const [name, value] of params) {
    if (!name.startsWith('match')) continue;
    const field = /^match\[([^\]]+)\]$/.exec(name)?.[1];
    if (field === undefined) {
      if (name === 'match' || name.startsWith('match['))
        throw bad(name, 'names no field. Write match[type]=indicator.');
      continue;
    }
    if (!KNOWN[endpoint](field)) {
      if (limits.strictFilters && !KNOWN.objects(field)) throw bad(name, 'is not a filter of this server.');
      continue;
    }
    if (fields.has(field)) throw bad(name, 'was given more than once. Separate several values by commas.');
    const values = value.split(',').map((v) => v.trim());
    if (values.includes('')) throw bad(name, 'has an empty value.');
    if (values.length > limits.maxFilterValues) {
      throw bad(
        name,
        `has ${values.length} values, at most ${limits.maxFilterValues} are allowed. Split the request.`,
      );
    }
    fields.set(field, values);
  }
  return fields;
}

/** §3.4.1 match[version] (T-210 to T-217). */
function parseVersions(values: readonly string[]): VersionSelection {
  const name = 'match[version]';
  if (new Set(values).size !== values.length) throw bad(name, 'holds the same value twice.');
  if (values.includes('all')) {
    if (values.length > 1) throw bad(name, '"all" stands alone.');
    return ALL;
  }
  const keywords = values.filter((v): v is Keyword => v === 'first' || v === 'last');
  const instants = values
    .filter((v) => v !== 'first' && v !== 'last')
    .map((value) => {
      const key = instantKey(value);
      if (key === undefined) {
        throw bad(
          name,
          `"${value.slice(0, 80)}" is neither first, last, all nor a STIX timestamp such as 2024-01-31T08:00:00.000Z.`,
        );
      }
      return key;
    });
  return { all: false, keywords, instants: [...new Set(instants)] };
}

function toMatching(fields: ReadonlyMap<string, string[]>, byDefault: VersionSelection): Matching {
  const versions = fields.get('version');
  const properties = new Map([...fields].filter(([field]) => FIELDS.has(field)));
  propertyTest(properties); // refuses values of the wrong type (T-458)
  return {
    ids: fields.get('id') && [...new Set(fields.get('id'))],
    types: fields.get('type') && [...new Set(fields.get('type'))],
    version: versions ? parseVersions(versions) : byDefault,
    specVersions: fields.get('spec_version'),
    properties,
  };
}

function toFilters(fields: ReadonlyMap<string, string[]>): string {
  return [...fields]
    .map(
      ([field, values]) => `match[${encodeURIComponent(field)}]=${values.map(encodeURIComponent).join(',')}`,
    )
    .join('&');
}

function parseLimit(text: string | undefined, limits: Limits): number {
  if (text === undefined) return limits.pageSize;
  // However many digits: clients ask for 2^53 - 1 when they mean all (T-158).
  if (!/^\+?\d+$/.test(text) || /^\+?0+$/.test(text)) {
    throw bad('limit', `"${text.slice(0, 40)}" is not an integer greater than 0.`);
  }
  return Math.min(Number(text), limits.maxPageSize);
}

function checkCount(params: URLSearchParams, limits: Limits): void {
  if (params.size > limits.maxFilterValues) {
    throw new TaxiiError(
      'bad-query',
      `The request has ${params.size} parameters, at most ${limits.maxFilterValues} are allowed.`,
    );
  }
}

/**
 * Reads the query of a paginated endpoint. A continuation that brings no match filters of its own goes on under
 * those of its cursor (T-182).
 *
 * @throws {TaxiiError} `bad-query` or `bad-cursor`, naming the parameter.
 */
export function parseObjectQuery(
  params: URLSearchParams,
  endpoint: Exclude<Endpoint, 'delete'>,
  collectionId: string,
  limits: Limits,
): ObjectQuery {
  checkCount(params, limits);
  let fields = matchFields(params, endpoint, limits);
  const limit = parseLimit(single(params, 'limit'), limits);
  const addedAfter = single(params, 'added_after');
  const since = addedAfter === undefined ? undefined : parseTimestamp(addedAfter);
  if (addedAfter !== undefined && since === undefined) {
    throw bad(
      'added_after',
      `"${addedAfter.slice(0, 80)}" is not an RFC 3339 UTC timestamp such as 2024-01-31T08:00:00.000000Z.`,
    );
  }
  const next = single(params, 'next');
  const cursor = next === undefined || next === '' ? undefined : readCursor(collectionId, next);
  if (cursor && fields.size === 0) {
    if (cursor.filters === undefined) {
      throw bad(
        'next',
        'the filters of this listing were too long to travel in the cursor. Repeat them beside "next".',
      );
    }
    fields = matchFields(new URLSearchParams(cursor.filters), endpoint, limits);
  }
  const after = Math.max(since ?? -Infinity, cursor?.after ?? -Infinity);
  const beyond = addedAfter !== undefined && since === Number.MAX_SAFE_INTEGER;
  return {
    ...toMatching(fields, endpoint === 'versions' ? ALL : LAST),
    after: after === -Infinity ? undefined : after,
    echo: beyond ? canonicalTimestamp(addedAfter) : undefined,
    limit,
    filters: toFilters(fields),
  };
}

/** What a DELETE names (§5.7): without match[version] every version (T-352). */
export function parseRemoval(
  params: URLSearchParams,
  limits: Limits,
): Pick<Matching, 'version' | 'specVersions'> {
  checkCount(params, limits);
  const { version, specVersions } = toMatching(matchFields(params, 'delete', limits), ALL);
  return { version, specVersions };
}
