/** Values as people write them, so that nobody clicks on them, and back: `hxxps://evil[.]example` is a URL. */
import { isIPv4, isIPv6 } from 'node:net';

const DOTS = /\s?(?:\[\s?\.\s?\]|\(\s?\.\s?\)|\{\s?\.\s?\}|\[\s?dot\s?\]|\(\s?dot\s?\)|\[\.|\.\])\s?/gi;
const ATS = /\s?(?:\[\s?@\s?\]|\(\s?@\s?\)|\[\s?at\s?\]|\(\s?at\s?\))\s?/gi;

/** Undoes the common ways of defanging; text that is not defanged stays as it is. */
export function refang(text: string): string {
  return text
    .trim()
    .replace(DOTS, '.')
    .replace(ATS, '@')
    .replaceAll(/\[:\/\/\]|\[:\]\/\//g, '://')
    .replaceAll(/\[:\]/g, ':')
    .replaceAll('[/]', '/')
    .replace(/^h(?:xx|\*\*|tt)p(s?):\/\//i, 'http$1://')
    .replace(/^fxp(s?):\/\//i, 'ftp$1://')
    .replace(/^(https?|ftps?):\\\\/i, '$1://');
}

/** The same value, so that nobody clicks on it. */
export function defang(text: string): string {
  return text
    .replace(/^http(s?):\/\//i, 'hxxp$1://')
    .replace(/^ftp(s?):\/\//i, 'fxp$1://')
    .replaceAll('@', '[@]')
    .replaceAll('.', '[.]');
}

export const VALUE_TYPES = [
  ...([
    'ipv4-addr',
    'ipv6-addr',
    'domain-name',
    'url',
    'email-addr',
    'md5',
    'sha-1',
    'sha-256',
    'sha-512',
  ] as const),
];
export type ValueType = (typeof VALUE_TYPES)[number];

export interface Recognised {
  readonly type: ValueType;
  /** In the form that is compared: lower case where case does not matter. */
  readonly value: string;
}

const HASHES: Readonly<Record<number, ValueType>> = { 32: 'md5', 40: 'sha-1', 64: 'sha-256', 128: 'sha-512' };
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})\\.?$`);
const EMAIL = /^[^\s@"<>()]{1,64}@([^\s@]{1,253})$/;

function address(text: string): Recognised | undefined {
  const [host = '', mask, ...more] = text.split('/');
  if (more.length > 0 || (mask !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(mask))) return undefined;
  if (isIPv4(host) && Number(mask ?? 32) <= 32) return { type: 'ipv4-addr', value: text };
  if (isIPv6(host) && !host.includes('%') && Number(mask ?? 128) <= 128)
    return { type: 'ipv6-addr', value: text.toLowerCase() };
  return undefined;
}

/** Domain names in any script, in the form that the DNS compares. */
function domain(text: string): string | undefined {
  const lower = text.toLowerCase().replace(/\.$/, '');
  if (DOMAIN.test(lower)) return lower;
  if (/^[\0-\x7f]*$/.test(lower) || /[\s/:@?#]/.test(lower)) return undefined;
  const ascii = URL.canParse(`http://${lower}/`) ? new URL(`http://${lower}/`).hostname : '';
  return DOMAIN.test(ascii) ? ascii : undefined;
}

/** What a value is, defanged or not; undefined for what is none of the types. */
export function recognise(text: string): Recognised | undefined {
  const value = refang(text);
  if (/^[0-9a-fA-F]+$/.test(value)) {
    const type = HASHES[value.length];
    if (type) return { type, value: value.toLowerCase() };
  }
  const ip = address(value);
  if (ip) return ip;
  if (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(value) && URL.canParse(value)) {
    // As it was written, but for what RFC 3986 does not let stand.
    return { type: 'url', value: encodeURI(value).replaceAll('%25', '%') };
  }
  const mail = EMAIL.exec(value);
  if (mail && domain(mail[1] as string) !== undefined)
    return { type: 'email-addr', value: value.toLowerCase() };
  const name = domain(value);
  return name === undefined ? undefined : { type: 'domain-name', value: name };
}
