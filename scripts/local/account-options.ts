/** What organisations and principals are given on the command line. */
import { DAY } from '../../src/domain/timestamp';
import { readFile } from 'node:fs/promises';
import { QUIRKS, type Organisation, type Principal, type Quirk } from '../../src/domain/access';
import { LANGUAGES, type Language } from '../../src/domain/channel';
import { isIdentifier } from '../../src/domain/stix';
import { generatePassword } from '../../src/identity/passwords';
import { weakness } from '../../src/identity/strength';
import { taken } from '../../src/store/refusals';
import { audienceIn } from '../../src/validation/originator-control';
import { VOCABULARIES } from '../../src/validation/data/vocabularies';
import { oneOf, UsageError, type Arguments, type Context } from '../verb';

const COUNTRY = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** @throws {UsageError} unless it is an ISO 3166-1 alpha-2 code. */
function countryCode(text: string): string {
  const code = text.toUpperCase();
  if (!/^[A-Z]{2}$/.test(code) || COUNTRY.of(code) === undefined)
    throw new UsageError(`--country: "${text}" is not an ISO 3166-1 code such as FR.`);
  return code;
}

function identityId(text: string): string {
  if (!text.startsWith('identity--') || !isIdentifier(text))
    throw new UsageError(`--identity: "${text}" is not of the form identity--<UUID>.`);
  return text;
}

/** A login name travels in HTTP Basic: no colon, no control characters. */
export function loginName(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (text.length > 200 || /[:\u0000-\u001f\u007f]/.test(text))
    throw new UsageError(`The name "${text}" holds a colon or a control character, or is longer than 200.`);
  return text;
}

/** Names in other languages: `ar=…`, several times. */
function translatedNames(said: readonly string[]): Partial<Record<Language, string>> {
  const pairs = said.map((text) => {
    const [, language = '', name = ''] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
    if (name === '') throw new UsageError(`--name-in: "${text}" is not of the form ar=NAME.`);
    return [oneOf('name-in', language, LANGUAGES), name] as const;
  });
  return Object.fromEntries(pairs);
}

/** Of STIX's industry-sector-ov. */
function sectorsNamed(said: readonly string[]): string[] {
  const known = [...(VOCABULARIES['industry-sector-ov']?.values ?? [])];
  return said.map((sector) => oneOf('sector', sector, known)).sort();
}

/** What is said of an organisation beside its name and region; what is not said is not in it. @throws {UsageError} */
export function saidOf(
  a: Arguments,
): Pick<Partial<Organisation>, 'country' | 'identity' | 'names' | 'sectors'> {
  const [country, identity] = [a.text('country'), a.text('identity')];
  const [names, sectors] = [translatedNames(a.values('name-in')), sectorsNamed(a.list('sector'))];
  return {
    ...(country === undefined ? {} : { country: countryCode(country) }),
    ...(identity === undefined ? {} : { identity: identityId(identity) }),
    ...(Object.keys(names).length === 0 ? {} : { names }),
    ...(sectors.length === 0 ? {} : { sectors }),
  };
}

/**
 * Who may see what an organisation publishes without a word of its own (D14): `--audience FILE`, with what an object would
 * say; "none" takes it back. @throws {UsageError}
 */
export async function standingAudience(a: Arguments): Promise<Pick<Organisation, 'audience'> | undefined> {
  const path = a.text('audience');
  if (path === undefined) return undefined;
  if (path === 'none') return {};
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`--audience: ${path} cannot be read: ${(error as Error).message}.`);
  });
  const read = audienceIn(text);
  if ('problem' in read) throw new UsageError(`--audience: ${path}: ${read.problem}`);
  return { audience: read.said };
}

/** @throws {OperatorError} another organisation has its name or its identity. */
export function refuseTaken(organisation: Organisation, all: readonly Organisation[]): void {
  for (const other of all)
    for (const column of ['name', 'identity'] as const)
      if (other.id !== organisation.id && other[column] === organisation[column])
        throw taken(column, organisation[column] ?? '', 'organisations');
}

/** The quirks of a tool, separated by commas; "none" takes them away. */
export function quirkList(text: string): readonly Quirk[] {
  return text === 'none' ? [] : text.split(',').map((quirk) => oneOf('quirks', quirk.trim(), QUIRKS));
}

/** Until when a password counts that its owner is to change. @throws {UsageError} */
export function passwordEnd(a: Arguments, { clock }: Context): Pick<Principal, 'passwordUntil'> {
  const days = a.text('password-days');
  if (days === undefined) return {};
  if (!/^\d{1,3}$/.test(days) || days === '0')
    throw new UsageError(`--password-days: "${days}" is not a number of days from 1 to 999.`);
  return { passwordUntil: clock() + Number(days) * DAY };
}

/** The password given by file or standard input, or a new one. Never on the command line, where others could read it. */
export async function choosePassword(
  a: Arguments,
  context: Context,
  { name, organisation }: Pick<Principal, 'name' | 'organisation'>,
): Promise<{ password: string; generated: boolean }> {
  const file = a.text('password-file');
  const given =
    file === undefined
      ? a.flag('password-stdin')
        ? (await context.input()).toString('utf8')
        : undefined
      : await readFile(file, 'utf8');
  if (given === undefined) return { password: generatePassword(), generated: true };
  const password = given.replace(/\r?\n$/, '');
  const weak = weakness(password, [name, organisation.name]);
  if (weak !== undefined) throw new UsageError(`The password ${weak}`);
  return { password, generated: false };
}
