/** The checks that schemas name by `x-check`: what a pattern cannot say, or what only warns. */
import { isIPv6 } from 'node:net';
import { instantKey } from '../domain/timestamp';
import { CHARSETS } from './data/charsets';
import { IPFIX } from './data/ipfix';
import { PDF_INFO, SOCKET_OPTIONS } from './data/names';
import { VOCABULARIES } from './data/vocabularies';
import { isLanguageTag, isRegisteredLanguage } from './language';
import { countries, mediaTypes, requestHeaders, serviceNames, subdivisions } from './registries';
import { isBase64, isHex, isUri } from './scans';
import { shown, type Review } from './verdict';

type Check = (value: unknown, review: Review) => void;
/** Makes a check that reports under the rule of its place in the schema. */
type Maker = (rule: string) => Check;

const lower = (value: string): boolean => !/[A-Z_\s]/.test(value);
const texts =
  (check: (value: string, review: Review) => void): Check =>
  (value, review) => {
    if (typeof value === 'string') check(value, review);
  };
const keys =
  (check: (key: string, review: Review, value: unknown) => void): Check =>
  (value, review) => {
    for (const [key, inner] of Object.entries(value as object)) check(key, review, inner);
  };

/** T-OV, T-OVFMT: values of an open vocabulary. */
export function checkVocabulary(name: string): Check {
  const vocabulary = VOCABULARIES[name];
  if (!vocabulary) throw new Error(`schemas: there is no vocabulary "${name}"`);
  const { code, values } = vocabulary;
  const rule = name === 'pattern-type-ov' ? 'IND-PATTYPE' : 'T-OV';
  return texts((value, review) => {
    if (values.has(value)) return;
    review.warnAs(code, rule, shown(value), `a value of ${name}`);
    if (!lower(value)) review.warn('T-OVFMT', shown(value), 'lower case with hyphens');
  });
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the day is one of the calendar; the schema has seen to everything else. */
export function isCalendarDay(timestamp: string): boolean {
  // The 28th and before is in every month.
  const tens = timestamp.charCodeAt(8) - 0x30;
  if (tens < 2) return true;
  const day = tens * 10 + timestamp.charCodeAt(9) - 0x30;
  if (day <= 28) return true;
  const month = Number(timestamp.slice(5, 7));
  if (day > (DAYS[month - 1] as number)) return false;
  const year = Number(timestamp.slice(0, 4));
  return month !== 2 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

const ATOM = `[A-Za-z0-9!#$%&'*+/=?^_\`{|}~\\u0080-\\u{10FFFF}-]+`;
const EMAIL = new RegExp(
  `^(?:${ATOM}(?:\\.${ATOM})*|"(?:[^"\\\\\\r\\n]|\\\\.)*")@(?:${ATOM}(?:\\.${ATOM})*|\\[[^\\[\\]\\\\\\s]*\\])$`,
  'u',
);

function domainProblem(value: string): string | undefined {
  if (value.length > 253 + Number(value.endsWith('.'))) return 'at most 253 characters';
  for (const label of value.replace(/\.$/, '').split('.')) {
    if (label === '') return 'labels that are not empty';
    if (Buffer.byteLength(label) > 63 && /^[\0-\x7f]*$/.test(label)) return 'labels of at most 63 characters';
    if (/[\0-,/:-@[-^`{-\x7f\s]/.test(label.replace(/^\*$/, '')))
      return 'labels of letters, digits and hyphens';
  }
  return undefined;
}

export const CHECKS: Readonly<Record<string, Maker>> = {
  timestamp: () =>
    texts((value, review) => {
      if (!isCalendarDay(value)) review.reject('T-TSCAL', shown(value), 'a day that the calendar has');
      else if (value.startsWith('60', 17) && instantKey(value) === undefined)
        review.reject(
          'T-TSCAL',
          shown(value),
          'a second of 00 to 59: leap seconds end June or December, at 23:59:60',
        );
    }),
  language: (rule) => texts((value, review) => language(rule, value, review)),
  languageKeys: () => keys((key, review) => language('LC-KEY', key, review, key)),
  uri: (rule) =>
    texts((value, review) => {
      if (!isUri(value)) review.reject(rule, shown(value), 'an absolute URI of RFC 3986');
    }),
  hex: (rule) =>
    texts((value, review) => {
      if (!isHex(value)) review.reject(rule, shown(value), 'an even number of hexadecimal digits');
    }),
  binary: (rule) =>
    texts((value, review) => {
      if (!isBase64(value)) review.reject(rule, shown(value), 'base64 with padding');
    }),
  hashes: () => (value, review) => {
    const names = Object.keys(value as object);
    for (const name of names) {
      if (!VOCABULARIES['hash-algorithm-ov']?.values.has(name) && !name.startsWith('x_'))
        review.warn('T-HASHOV', shown(name), 'a name of hash-algorithm-ov, or one that begins with x_', name);
      if (name.length > 30)
        review.warn('T-HASH30', `a name of ${name.length} characters`, 'at most 30', name);
    }
    if (!names.includes('SHA-256'))
      review.warn('T-SHA256', names.map(shown).slice(0, 5).join(', '), 'a SHA-256 beside them');
  },
  externalReference: () => (value, review) => {
    const { url, hashes } = value as { url?: unknown; hashes?: unknown };
    if (url !== undefined && hashes === undefined)
      review.warn('T-EXTHASH', 'a url without hashes', 'hashes of what it leads to');
  },
  killChainPhase: () => (value, review) => {
    for (const name of ['kill_chain_name', 'phase_name']) {
      const said = (value as Record<string, string>)[name] as string;
      if (!lower(said)) review.warn('T-KCPFMT', shown(said), 'lower case with hyphens', name);
    }
  },
  extensions: () => () => undefined,
  container: () => () => undefined,
  mimeType: () =>
    texts((value, review) => {
      if (!mediaTypes().has(value.toLowerCase()))
        review.warn('ART-MIME', shown(value), 'a media type that IANA has registered');
    }),
  charset: () =>
    texts((value, review) => {
      const known = charset(value);
      if (known === undefined)
        review.reject('N-CHARSET', shown(value), 'the name of a character set that IANA has registered');
      else if (known.toLowerCase() !== value.toLowerCase())
        review.warn('N-CHARSET', shown(value), `its preferred MIME name, ${known}`);
    }),
  country: () =>
    texts((value, review) => {
      if (!countries().has(value.toUpperCase()))
        review.warn('LOC-COUNTRY', shown(value), 'an ISO 3166-1 alpha-2 code');
    }),
  subdivision: () =>
    texts((value, review) => {
      if (/^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(value) && !subdivisions().has(value))
        review.warn('LOC-COUNTRY', shown(value), 'a code of ISO 3166-2');
    }),
  notNegative: () => (value, review) => {
    if ((value as number) < 0) review.warn('LOC-PAIR', shown(value), 'a precision of 0 or more metres');
  },
  email: () =>
    texts((value, review) => {
      if (value.length > 1000 || !EMAIL.test(value))
        review.reject('EML-VAL', shown(value), 'an address such as jane@example.org, without a display name');
    }),
  ipv6: () =>
    texts((value, review) => {
      const [, address = '', mask] = /^([^/]*)(?:\/(.*))?$/s.exec(value) ?? [];
      const sound = isIPv6(address) && !address.includes('%');
      if (!sound || (mask !== undefined && !(/^(?:0|[1-9][0-9]{0,2})$/.test(mask) && Number(mask) <= 128)))
        review.reject('IP6-VAL', shown(value), 'an IPv6 address, or a range such as 2001:db8::/32');
    }),
  domain: () =>
    texts((value, review) => {
      const problem = domainProblem(value);
      if (problem !== undefined) review.reject('DOM-VAL', shown(value), `a domain name: ${problem}`);
      else if (value.split('.').some((label) => /^-|-$|[_*]/.test(label)))
        review.warn('DOM-VAL', shown(value), 'labels of letters, digits and inner hyphens (RFC 1034)');
    }),
  serviceName: () =>
    texts((value, review) => {
      if (!serviceNames().has(value))
        review.warn('NT-PROTO', shown(value), 'a service or protocol name of the IANA registry');
    }),
  ipfix: () =>
    keys((key, review) => {
      if (!IPFIX.has(key)) review.warn('NT-IPFIX', shown(key), 'a name of the IPFIX registry', key);
    }),
  requestHeaders: () =>
    keys((key, review) => {
      if (!requestHeaders().has(key.toLowerCase()))
        review.warn('NT-HTTPH', shown(key), 'the name of an HTTP request header', key);
    }),
  socketOptions: () =>
    keys((key, review) => {
      if (!SOCKET_OPTIONS.has(key)) review.warn('NT-SOCK', shown(key), 'a known socket option', key);
    }),
  pdfInfo: () =>
    keys((key, review) => {
      if (!PDF_INFO.has(key)) review.warn('PDF-DID', shown(key), 'an entry of the PDF information', key);
    }),
  priority: () =>
    texts((value, review) => {
      if (!value.endsWith('_CLASS')) review.warn('WP-PRIO', shown(value), 'a value that ends in _CLASS');
    }),
  product: () =>
    texts((value, review) => {
      if (!lower(value))
        review.warn('MA-PRODUCT', shown(value), 'lower-case words with hyphens, or "anonymized"');
    }),
  mailHeaders: () =>
    keys((key, review, value) => {
      if (typeof value === 'string') review.warn('EM-HDR', 'a string', 'a list of strings', key);
    }),
  definitionType: () =>
    texts((value, review) => {
      if (value !== 'statement' && value !== 'tlp')
        review.warn('MD-TYPE', shown(value), 'statement or tlp; anything else in an extension');
    }),
};

function language(rule: string, value: string, review: Review, ...below: string[]): void {
  if (!isLanguageTag(value)) review.reject(rule, shown(value), 'a language tag of RFC 5646', ...below);
  else if (!isRegisteredLanguage(value))
    review.warn(rule, shown(value), 'a language that IANA has registered', ...below);
}

const preferred = new Map(
  [...CHARSETS].flatMap(([name, mime]) => [
    [name.toLowerCase(), mime],
    [mime.toLowerCase(), mime],
  ]),
);
const charset = (name: string): string | undefined => preferred.get(name.toLowerCase());
