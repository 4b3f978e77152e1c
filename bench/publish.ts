/**
 * Where the time of a publication goes: µs an object for each stage of the door, on one thread, in a store on disk.
 * Bodies of 10 MB of generated indicators, then the real data beside the project where it is there.
 *
 * Usage: publish [--bodies 4]
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Member } from '../src/domain/publication';
import { admitAll } from '../src/publish/admission';
import { openEnvelope } from '../src/publish/envelope';
import { append } from '../src/store/sqlite/append';
import { connect, type Connection } from '../src/store/sqlite/connection';
import { openStore } from '../src/store/open';
import { openPatience } from '../src/validation/patience';
import { applied, collection, write } from '../test/support/exchange';

const FOLDER = resolve('../shared/testdata/real');
const OBJECTS = 9000;
const LIMITS = { depth: 100, objects: 1e6, values: 4e6, objectValues: 1e5, objectBytes: 8e6 };

const body = (): Buffer =>
  Buffer.from(
    JSON.stringify({
      objects: Array.from({ length: OBJECTS }, (_, i) => ({
        type: 'indicator',
        spec_version: '2.1',
        id: `indicator--${randomUUID()}`,
        created: '2024-01-01T00:00:00.000Z',
        modified: '2024-01-01T00:00:00.000Z',
        name: 'An indicator for a bench',
        description: 'x'.repeat(780),
        indicator_types: ['malicious-activity'],
        pattern: `[domain-name:value = 'host-${i}.example.com']`,
        pattern_type: 'stix',
        valid_from: '2024-01-01T00:00:00Z',
      })),
    }),
  );

type Stage = 'text' | 'checks' | 'judge and settle' | 'look' | 'insert' | 'commit' | 'statements';
type Stages = Map<Stage, number>;

const now = (): number => performance.now() * 1000;
const add = (stages: Stages, stage: Stage, took: number): void => {
  stages.set(stage, (stages.get(stage) ?? 0) + took);
};

/** A connection whose statements and commits are timed apart from what is done between them. */
function timed(connection: Connection, stages: Stages): Connection {
  type Statement = ReturnType<Connection['sql']>;
  const known = new Map<string, Statement>();
  const around = (statement: Statement, stage: Stage): Statement => {
    const within =
      <T>(run: (...args: unknown[]) => T) =>
      (...args: unknown[]): T => {
        const begun = now();
        const result = run(...args);
        add(stages, stage, now() - begun);
        stages.set('statements', (stages.get('statements') ?? 0) + 1);
        return result;
      };
    const timed = {
      run: within((...args) => statement.run(...args)),
      get: within((...args) => statement.get(...args)),
      all: within((...args) => statement.all(...args)),
      pluck: () => {
        statement.pluck();
        return timed;
      },
    };
    return timed as unknown as Statement;
  };
  const sql = (text: string): Statement => {
    let statement = known.get(text);
    if (!statement) {
      const stage = /^\s*(SELECT|WITH)/.test(text) ? 'look' : 'insert';
      known.set(text, (statement = around(connection.sql(text), stage)));
    }
    return statement;
  };
  const apart = <T>(work: () => T): T => {
    const before = (stages.get('look') ?? 0) + (stages.get('insert') ?? 0);
    const begun = now();
    let within = 0;
    const result = connection.write(() => {
      const started = now();
      const value = work();
      within = now() - started;
      return value;
    });
    const statements = (stages.get('look') ?? 0) + (stages.get('insert') ?? 0) - before;
    add(stages, 'judge and settle', within - statements);
    add(stages, 'commit', now() - begun - within);
    return result;
  };
  return { ...connection, sql, write: apart };
}

async function measure(name: string, bodies: readonly Buffer[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
  const file = join(folder, 'jisr.db');
  const store = await openStore(`sqlite:${file}`);
  const c = collection();
  await applied(store, c);
  const scope = write(c);
  const plain = connect(file);
  const patience = openPatience();
  const requested = Date.now() * 1000;
  let stages: Stages = new Map();
  let objects = 0;
  const run = async (bytes: Buffer): Promise<void> => {
    const connection = timed(plain, stages);
    let begun = now();
    const envelope = openEnvelope(bytes, LIMITS);
    add(stages, 'text', now() - begun);
    const status = { id: randomUUID(), requested, total: envelope.members.length };
    const budget = patience.forPublication('bench');
    for (const number of envelope.parts.keys()) {
      begun = now();
      const raw = envelope.read(number);
      add(stages, 'text', now() - begun);
      begun = now();
      const fail = (_: unknown, error: unknown): Member => {
        throw error;
      };
      const members = await admitAll(store, scope, raw, envelope.beside(), requested, budget, fail);
      add(stages, 'checks', now() - begun);
      append(connection, scope, { status, number, last: number === envelope.parts.length - 1, members });
      objects += members.length;
    }
  };
  await run(bodies[0] as Buffer);
  stages = new Map();
  objects = 0;
  for (const bytes of bodies.slice(1)) await run(bytes);
  const statements = stages.get('statements') ?? 0;
  stages.delete('statements');
  const total = [...stages.values()].reduce((sum, took) => sum + took, 0);
  console.log(
    `${name}: ${objects} objects, ${Math.round((objects * 1e6) / total)}/s on one thread, ${(statements / objects).toFixed(2)} statements an object`,
  );
  for (const [stage, took] of stages)
    console.log(`  ${stage.padEnd(18)} ${(took / objects).toFixed(2).padStart(7)} µs an object`);
  plain.db.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}

/** The text stage alone, and with the checks, each file again and again: objects per second, and per 1 KB. */
async function text(file: string): Promise<void> {
  const bytes = readFileSync(join(FOLDER, file));
  const store = await openStore('sqlite::memory:');
  const c = collection();
  await applied(store, c);
  const scope = write(c);
  const budget = openPatience().forPublication('bench');
  const stages: Stages = new Map();
  let objects = 0;
  const fail = (_: unknown, error: unknown): Member => {
    throw error;
  };
  for (let round = 0, until = now() + 1e6; round < 3 || now() < until; round++) {
    if (round === 2) {
      stages.clear();
      objects = 0;
    }
    let begun = now();
    const envelope = openEnvelope(bytes, LIMITS);
    add(stages, 'text', now() - begun);
    for (const number of envelope.parts.keys()) {
      begun = now();
      const raw = envelope.read(number);
      add(stages, 'text', now() - begun);
      begun = now();
      await admitAll(store, scope, raw, envelope.beside(), 0, budget, fail);
      add(stages, 'checks', now() - begun);
      objects += raw.length;
    }
  }
  const begun = now();
  for (let i = 0; i < 5; i++) JSON.parse(bytes.toString());
  const parse = bytes.length / ((now() - begun) / 5);
  const kilobytes = (objects * bytes.length) / openEnvelope(bytes, LIMITS).members.length / 1000;
  const [reading = 0, checks = 0] = [stages.get('text'), stages.get('checks')];
  const rates = [
    objects / reading,
    objects / (reading + checks),
    kilobytes / reading,
    kilobytes / (reading + checks),
  ];
  const shown = rates.map((rate) =>
    Math.round(rate * 1e6)
      .toLocaleString('en')
      .padStart(9),
  );
  console.log(
    `  ${file.padEnd(34)} ${shown.join(' ')}   ${((kilobytes * 1000) / reading / parse).toFixed(2)}`,
  );
  await store.close();
}

async function main(bodies: number): Promise<void> {
  await measure('indicators', Array.from({ length: bodies + 1 }, body));
  if (!existsSync(FOLDER)) return;
  console.log('objects/s: text, text and checks; KB/s: text, text and checks; text as a share of JSON.parse');
  for (const file of readdirSync(FOLDER)) await text(file);
}

const { values } = parseArgs({ options: { bodies: { type: 'string', default: '4' } } });
void main(Number(values.bodies));
