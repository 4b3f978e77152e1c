/** What validation says of an object, in words that a person reads and a script takes apart. */

/** One thing that is wrong or unwise. */
export interface Finding {
  /** The id of the rule, such as S-REQ or T-TS; docs/validation.md says where they are explained. */
  readonly rule: string;
  /** RFC 6901, into the object; empty for the object itself. */
  readonly pointer: string;
  readonly found: string;
  readonly expected: string;
  /** The OASIS validator's number for the same check (101–401), where it has one. */
  readonly code?: number;
}

/** Errors refuse an object; warnings never do. Both are in the order in which they were found. */
export interface Verdict {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Findings that are kept of one object: a hostile one must not cost a million of them. */
export const MOST_FINDINGS = 100;
const MOST_SHOWN = 80;

const CODES: Readonly<Record<string, number>> = {
  'N-CUSTPFX': 101,
  'N-CUSTOBJPFX': 101,
  'I-V4': 103,
  'I-V5': 103,
  'T-OVFMT': 111,
  'T-KCPFMT': 121,
  'OD-KEYS': 141,
  'T-DICTLOW': 142,
  'MA-PRODUCT': 143,
  'WP-PRIO': 149,
  'T-HASH30': 150,
  'MD-TYPE': 201,
  'REL-MATRIX': 202,
  'B-DUP': 203,
  'T-HASHOV': 241,
  'IND-PATTYPE': 245,
  'ART-MIME': 271,
  'NT-PROTO': 272,
  'NT-IPFIX': 273,
  'NT-HTTPH': 274,
  'NT-SOCK': 275,
  'PDF-DID': 276,
  'LOC-COUNTRY': 277,
  'NT-PORTS': 301,
  'T-EXTHASH': 302,
  'IND-NAME': 303,
  'OD-DEPR': 304,
  'ED-DESC': 305,
  'ED-TOPPROPS': 306,
  'C-NA': 401,
  'N-CUSTPROP': 401,
  'N-CUSTOBJ': 401,
  'N-CUSTEXT': 401,
  'P-CUSTOM': 401,
};

export function escapePointer(step: string | number): string {
  if (typeof step === 'number') return String(step);
  const short = step.length > MOST_SHOWN ? step.slice(0, MOST_SHOWN) : step;
  return /[~/]/.test(short) ? short.replaceAll('~', '~0').replaceAll('/', '~1') : short;
}

/** A value as it stands in a message: short, and never a whole object. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, MOST_SHOWN + 1) : value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** What a finding says at most of one thing: whatever a stranger made long in it. */
const MOST_SAID = 700;
const short = (text: string): string =>
  text.length > MOST_SAID ? `${text.slice(0, MOST_SAID).replace(/[\ud800-\udbff]$/, '')}…` : text;

/** Gathers findings; the place that is being looked at is kept as a stack, so that sound objects cost no strings. */
export class Review {
  readonly errors: Finding[] = [];
  readonly warnings: Finding[] = [];
  private readonly path: (string | number)[] = [];

  enter(step: string | number): void {
    this.path.push(step);
  }

  leave(): void {
    this.path.pop();
  }

  private pointer(below: readonly (string | number)[]): string {
    let pointer = '';
    for (const step of this.path) pointer += `/${escapePointer(step)}`;
    for (const step of below) pointer += `/${escapePointer(step)}`;
    return pointer;
  }

  /** @param below steps from the place that is being looked at. */
  reject(rule: string, found: string, expected: string, ...below: (string | number)[]): void {
    if (this.errors.length < MOST_FINDINGS)
      this.errors.push({
        rule,
        pointer: this.pointer(below),
        found: short(found),
        expected: short(expected),
      });
  }

  warn(rule: string, found: string, expected: string, ...below: (string | number)[]): void {
    this.warnAs(CODES[rule], rule, found, expected, ...below);
  }

  /** A warning whose OASIS code is not the rule's own, such as a vocabulary's. */
  warnAs(
    code: number | undefined,
    rule: string,
    found: string,
    expected: string,
    ...below: (string | number)[]
  ): void {
    if (this.warnings.length >= MOST_FINDINGS) return;
    const said = { rule, pointer: this.pointer(below), found: short(found), expected: short(expected) };
    this.warnings.push(code === undefined ? said : { ...said, code });
  }

  /** Takes over what was found of something inside this object. */
  add(verdict: Verdict, ...below: (string | number)[]): void {
    const at = this.pointer(below);
    for (const list of ['errors', 'warnings'] as const) {
      const room = MOST_FINDINGS - this[list].length;
      this[list].push(...verdict[list].slice(0, room).map((f) => ({ ...f, pointer: at + f.pointer })));
    }
  }
}

/** The finding of an object at which a check broke off; what was thrown is named by its kind alone. */
export function uncheckable(error: unknown): Finding {
  const kind = error instanceof Error ? error.name : typeof error;
  return {
    rule: 'UNCHECKED',
    pointer: '',
    found: `an object that could not be checked (${kind})`,
    expected:
      'one with shorter texts, fewer members or less nesting; if yours is small, tell the operator of this exchange',
  };
}

/** A pointer with nothing in it that would end it early in a line of text. */
const printable = (pointer: string): string =>
  pointer.replace(/[^!-~]|:/gu, (char) => encodeURIComponent(char).replace(':', '%3A'));

/** One line: `T-TS at /created: found "yesterday", expected a timestamp ….`, with the code in brackets after the rule. */
export function describe({ rule, pointer, found, expected, code }: Finding): string {
  return `${rule}${code === undefined ? '' : ` (${code})`} at ${printable(pointer) || '/'}: found ${found}, expected ${expected}.`;
}

/** A line for each rule, with the first place and how many more there are: what a TAXII status can carry. */
export function summarise(findings: readonly Finding[]): string[] {
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    const same = byRule.get(finding.rule);
    if (same) same.push(finding);
    else byRule.set(finding.rule, [finding]);
  }
  return [...byRule.values()].map((same) => {
    const line = describe(same[0] as Finding);
    return same.length === 1 ? line : `${line} And at ${same.length - 1} more places.`;
  });
}
