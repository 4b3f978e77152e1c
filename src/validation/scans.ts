/**
 * Forms of texts of any length, looked at in one pass. V8 keeps a place on its stack for every round of a repeated
 * group, and a group of some million rounds overflows it; a repeated class of characters takes none.
 */

/** Whole bytes, two hexadecimal digits each (STIX 2.1 §2.8); also none. */
export const isHex = (value: string): boolean => value.length % 2 === 0 && !/[^0-9a-fA-F]/.test(value);

/** RFC 4648 §4, padded (STIX 2.1 §2.1); also none. In whole groups of four there is room for only the right padding. */
export const isBase64 = (value: string): boolean =>
  value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);

const USER = `A-Za-z0-9\\-._~!$&'()*+,;=%`;
const PCHAR = `${USER}:@`;
const URI = new RegExp(
  `^[A-Za-z][A-Za-z0-9+.-]*:(?://(?:[${USER}:]*@)?(?:\\[[0-9A-Fa-fvV:.]+\\]|[${USER}]*)(?::[0-9]*)?(?:/[${PCHAR}/]*)?` +
    `|[${PCHAR}][${PCHAR}/]*|/(?:[${PCHAR}][${PCHAR}/]*)?)(?:\\?[${PCHAR}/?]*)?(?:#[${PCHAR}/?]*)?$`,
);

/** RFC 3986 §3, with a path, an authority or both. Linear: every alternative begins with another character. */
export const isUri = (value: string): boolean => !/%(?![0-9A-Fa-f]{2})/.test(value) && URI.test(value);
