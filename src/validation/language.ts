/** Language tags: RFC 5646 §2.1 by syntax, the IANA registry (package language-subtag-registry) for the language. */
import { load } from './registries';

const TAG = new RegExp(
  '^(?:' +
    '(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})' + // language and its extensions
    '(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?' + // script, region
    '(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*' + // variants
    '(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?' + // extensions, private use
    '|x(?:-[a-z0-9]{1,8})+' +
    ')$',
  'i',
);

/** UTF-16 units: RFC 5646 §4.4 lets a protocol set a limit, and its repeated groups must not overflow the stack. */
const LONGEST = 1000;

type Index = Readonly<Record<string, Readonly<Record<string, number>>>>;
const index = (): Index => load<Index>('language-subtag-registry/data/json/index.json');

/** Whether a text is well-formed; of the tags of before RFC 5646, those that the registry keeps. */
export function isLanguageTag(value: string): boolean {
  if (value === 'en') return true;
  if (value.length > LONGEST) return false;
  return (
    TAG.test(value) || (value.includes('-') && index()[value.toLowerCase()]?.['grandfathered'] !== undefined)
  );
}

/** Whether the primary language is registered or for private use. */
export function isRegisteredLanguage(tag: string): boolean {
  const primary = (tag.split('-')[0] as string).toLowerCase();
  if (primary === 'en' || primary === 'x' || primary === 'i') return true;
  return /^q[a-t][a-z]$/.test(primary) || index()[primary]?.['language'] !== undefined;
}
