/** Content negotiation (§3.1, §1.6.8.2): media types, languages. */
import type { IncomingMessage } from 'node:http';
import { LANGUAGES, type Language } from '../domain/channel';
import { TaxiiError } from '../domain/errors';
import { TAXII_MEDIA_TYPE } from '../domain/taxii';

/** A member of an `Accept…` list, or a `Content-Type`: lower-case value and parameter names. */
interface Weighted {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 … 1; NaN for text that is no weight. */
  readonly q: number;
}

/** Splits where the separator stands outside quotes. */
function split(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === separator) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

const unquote = (text: string): string =>
  text.length > 1 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replace(/\\(.)/g, '$1')
    : text;

function parse(text: string): Weighted {
  const [value = '', ...rest] = split(text, ';');
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    if (!parameters.has(name)) parameters.set(name, unquote(parameter.slice(equals + 1).trim()));
  }
  const q = parameters.get('q') ?? '1';
  return {
    value: value.toLowerCase(),
    parameters,
    q: /^(?:0?\.\d+|[01]\.?|0\.\d*|1\.0*)$/.test(q) ? Number(q) : NaN,
  };
}

function parseList(header: string): Weighted[] {
  return split(header, ',')
    .filter((part) => part !== '')
    .map(parse)
    .filter(({ q }) => !Number.isNaN(q));
}

/** How exactly a media range names TAXII 2.1 JSON: 3 with the version, down to 0 for a wildcard; -1 not at all. */
function specificity({ value, parameters }: Weighted): number {
  if (value === '*/*') return 0;
  if (value === 'application/*') return 1;
  if (value !== 'application/taxii+json') return -1;
  const version = parameters.get('version');
  if (version === undefined) return 2;
  return version === '2.1' ? 3 : -1;
}

/** T-050 to T-060: whether TAXII 2.1 JSON, all that there is, is among what an `Accept` header takes. */
export function acceptsTaxii(header: string | undefined): boolean {
  if (header === undefined || header.trim() === '') return true;
  let best = -1;
  let weight = 0;
  for (const range of parseList(header)) {
    const exact = specificity(range);
    if (exact < best || exact < 0) continue;
    weight = exact > best ? range.q : Math.max(weight, range.q);
    best = exact;
  }
  return weight > 0;
}

/** T-065 to T-068: whether a body of this `Content-Type` is taken. */
export function isTaxiiContent(header: string | undefined, acceptStixType: boolean): boolean {
  if (header === undefined) return false;
  const { value, parameters } = parse(header);
  const known = value === 'application/taxii+json' || (acceptStixType && value === 'application/stix+json');
  const charset = parameters.get('charset') ?? 'utf-8';
  return known && (parameters.get('version') ?? '2.1') === '2.1' && /^utf-?8$/i.test(charset);
}

/** @throws {TaxiiError} 406 */
export function requireAcceptable(req: Pick<IncomingMessage, 'headers'>): void {
  if (acceptsTaxii(req.headers.accept)) return;
  throw new TaxiiError(
    'not-acceptable',
    `The Accept header does not include ${TAXII_MEDIA_TYPE}, the only format here. Send "Accept: ${TAXII_MEDIA_TYPE}".`,
  );
}

/** @throws {TaxiiError} 415 */
export function requireTaxiiContent(req: Pick<IncomingMessage, 'headers'>, acceptStixType: boolean): void {
  if (isTaxiiContent(req.headers['content-type'], acceptStixType)) return;
  throw new TaxiiError(
    'unsupported-media-type',
    `Send an envelope with "Content-Type: ${TAXII_MEDIA_TYPE}".`,
  );
}

/** The first of the languages that an `Accept-Language` header likes best; English if it likes none. */
export function pickLanguage(header: string | undefined): Language {
  const wanted = header === undefined ? [] : parseList(header);
  const primary = (range: Weighted): string => range.value.split('-')[0] ?? '';
  const refused = new Set(wanted.filter(({ q }) => q === 0).map(({ value }) => value));
  const [best] = wanted
    .filter(({ q }) => q > 0)
    .map((range) => ({
      q: range.q,
      language: LANGUAGES.find((l) => (range.value === '*' ? !refused.has(l) : l === primary(range))),
    }))
    .filter(({ language }) => language !== undefined)
    .sort((a, b) => b.q - a.q);
  return best?.language ?? 'en';
}
