/**
 * How fast objects are judged: by their schema alone, and by schema and code together, on the real data beside the
 * project (or on indicators of our own where that is missing). The ratio is to JSON.parse of the same bytes.
 *
 * Usage: validation [--seconds 3]
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { StixObject } from '../src/domain/stix';
import { canonicalDigest } from '../src/validation/canonical';
import { checkObject, checkSchema } from '../src/validation/object';
import { parsePattern } from '../src/validation/pattern/parse';
import { scoId } from '../src/validation/sco-id';

const FOLDER = resolve('../shared/testdata/real');

function realObjects(): StixObject[] {
  return readdirSync(FOLDER).flatMap(
    (file) => (JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { objects: StixObject[] }).objects,
  );
}

const ownObjects = (): StixObject[] =>
  Array.from({ length: 5000 }, (_, i) => ({
    type: 'indicator',
    spec_version: '2.1',
    name: `An indicator ${i}`,
    description: 'x'.repeat(800),
    created: '2024-01-01T00:00:00.000Z',
    modified: '2024-01-01T00:00:00.000Z',
    id: `indicator--3f9c1d2a-5b6e-4c7d-8e9f-${String(i).padStart(12, '0')}`,
    pattern: `[url:value = 'https://${i}.example.com/']`,
    pattern_type: 'stix',
    valid_from: '2024-01-01T00:00:00Z',
  }));

/** @returns items a second. */
function rate<T>(items: readonly T[], seconds: number, work: (item: T) => unknown): number {
  for (const item of items) work(item);
  const begun = process.hrtime.bigint();
  const until = begun + BigInt(seconds * 1e9);
  let done = 0;
  while (process.hrtime.bigint() < until) {
    for (const item of items) work(item);
    done += items.length;
  }
  return done / (Number(process.hrtime.bigint() - begun) / 1e9);
}

function main(seconds: number): void {
  const real = existsSync(FOLDER);
  const objects = real ? realObjects() : ownObjects();
  const texts = objects.map((object) => JSON.stringify(object));
  const bytes = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
  console.log(
    `${objects.length} objects of ${bytes.toFixed(0)} bytes on average, ${real ? 'real data' : 'of our own'}`,
  );
  const parse = rate(texts, seconds, (text) => JSON.parse(text) as unknown);
  const line = (name: string, perSecond: number): void =>
    console.log(
      `${name.padEnd(24)} ${Math.round(perSecond).toLocaleString('en')}/s, ratio to JSON.parse ${(perSecond / parse).toFixed(2)}`,
    );
  line('JSON.parse', parse);
  line(
    'schema alone',
    rate(objects, seconds, (object) => checkSchema(object)),
  );
  line(
    'schema and code',
    rate(objects, seconds, (object) => checkObject(object)),
  );
  line(
    'canonical digest',
    rate(objects, seconds, (object) => canonicalDigest(object)),
  );
  const patterns = objects.map((o) => o['pattern']).filter((p) => typeof p === 'string');
  line(`${patterns.length} patterns`, rate(patterns, seconds, parsePattern));
  const observables = objects.filter((object) => scoId(object) !== undefined);
  if (observables.length > 0) line(`${observables.length} identifiers`, rate(observables, seconds, scoId));
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
main(Number(values.seconds));
