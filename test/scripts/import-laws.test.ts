/** Laws of import and export: any values, any way of defanging, twice, and out and in again. */
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defang, recognise, refang, type Recognised } from '../../scripts/input/refang';
import { furnish } from '../support/desk';
import { jisrOn } from '../support/jisr';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const domain = fc
  .tuple(label, label, fc.constantFrom('example', 'test', 'com'))
  .map((parts) => parts.join('.'));
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const path = fc.stringMatching(/^[a-zA-Z0-9/_~-]{0,20}$/);
const value: fc.Arbitrary<Recognised> = fc.oneof(
  fc.ipV4().map((v) => ({ type: 'ipv4-addr' as const, value: v })),
  fc
    .ipV6()
    .filter((v) => !/\d+\.\d+/.test(v))
    .map((v) => ({ type: 'ipv6-addr' as const, value: v.toLowerCase() })),
  domain.map((v) => ({ type: 'domain-name' as const, value: v })),
  fc
    .tuple(fc.constantFrom('http', 'https', 'ftp'), domain, path)
    .map(([scheme, host, rest]) => ({ type: 'url' as const, value: `${scheme}://${host}/${rest}` })),
  fc.tuple(label, domain).map(([who, where]) => ({ type: 'email-addr' as const, value: `${who}@${where}` })),
  hex(32).map((v) => ({ type: 'md5' as const, value: v })),
  hex(40).map((v) => ({ type: 'sha-1' as const, value: v })),
  hex(64).map((v) => ({ type: 'sha-256' as const, value: v })),
);
/** Ways in which people take the sting out of a value. */
const ways: ((text: string) => string)[] = [
  (text) => text,
  defang,
  (text) => text.replaceAll('.', '(.)').replace('http', 'hXXp'),
  (text) => text.replaceAll('.', '[dot]').replaceAll('@', '[at]'),
  (text) => text.replaceAll('.', ' [.] '),
  (text) => text.replace('://', '[://]'),
  (text) => text.replace('://', '[:]//'),
  (text) => `  ${text}\t`,
];

test('whatever was defanged is recognised as what it was', () => {
  fc.assert(
    fc.property(value, fc.constantFrom(...ways), (given, way) => {
      expect(recognise(way(given.value))).toEqual(given);
    }),
  );
});

test('refang undoes defang, and twice is as once', () => {
  fc.assert(
    fc.property(value, ({ value: text }) => {
      expect(refang(defang(text))).toBe(text);
      expect(refang(refang(text))).toBe(refang(text));
    }),
  );
});

test('importing twice adds nothing; what is exported is what was imported; a list of it imports as nothing new', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, fc.constantFrom(...ways)), { minLength: 1, maxLength: 30 }),
      async (given) => {
        const folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
        try {
          const jisr = jisrOn(() => `sqlite:${join(folder, 'jisr.db')}`);
          await furnish(jisr);
          const bring = async (name: string, text: string): Promise<unknown> => {
            writeFileSync(join(folder, name), text);
            const argv = ['import', join(folder, name), '--to', 'europe/indicators', '--apply', '--json'];
            const { code, out } = await jisr(argv);
            expect(code).toBe(0);
            return JSON.parse(out);
          };
          const out = async (format: string): Promise<string> =>
            (await jisr(['export', 'europe/indicators', '--format', format])).out;
          const wanted = new Set(given.map(([{ value: text }]) => text));
          const feed = given.map(([{ value: text }, way]) => way(text)).join('\n');
          expect(await bring('a.txt', feed)).toMatchObject({ accepted: wanted.size });
          expect(await bring('a.txt', feed)).toMatchObject({ accepted: 0, already_there: given.length });
          const list = await out('list');
          expect(new Set(list.split('\n').filter((l) => l !== ''))).toEqual(wanted);
          expect(await bring('b.txt', list)).toMatchObject({ accepted: 0 });
          for (const [name, format] of [
            ['c.json', 'bundle'],
            ['d.jsonl', 'jsonl'],
          ] as const) {
            expect(await bring(name, await out(format))).toMatchObject({
              accepted: 0,
              already_there: wanted.size,
              refused: 0,
            });
          }
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: 10 },
  );
});
