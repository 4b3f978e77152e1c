/** A store of an earlier schema is brought up to date by itself, and keeps its promises. */
import { EVERYONE } from '../../src/domain/audience';
import { ClassBook } from '../../src/domain/class-book';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { v4 as uuid } from 'uuid';
import { SERVER } from '../../src/domain/actor';
import { QUESTIONS } from '../../src/domain/entries';
import { settle } from '../../src/domain/settle';
import { ALL } from '../../src/domain/query';
import { statedVersion, type StixObject } from '../../src/domain/stix';
import { rankFrom, type Rank } from '../../src/domain/tlp';
import { openSqlite } from '../../src/store/sqlite';
import { migrate } from '../../src/store/sqlite/migrations';
import { keyOf } from '../../src/store/sqlite/standing';
import {
  candidate,
  channel,
  collection,
  day,
  found,
  organisation,
  part,
  principal,
  query,
  read,
  tool,
  toolId,
  write,
} from '../support/exchange';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A file of schema version 2, with one collection. */
function before(c = collection({ defaultTlp: 3 })) {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-schema-'));
  folders.push(folder);
  const file = join(folder, 'jisr.db');
  const db = new Database(file);
  migrate(db, 2);
  db.prepare('INSERT INTO channels VALUES (?, ?)').run('europe', JSON.stringify(channel([])));
  db.prepare(
    "INSERT INTO collections (id, api_root, definition, last_date) VALUES (?, 'europe', ?, 1000)",
  ).run(c.id, JSON.stringify(c));
  let date = 100;
  /** Versions of one object, as they came, with what their markings say. */
  const hold = (
    objects: readonly { object: StixObject; by: string; declared: Rank | null; waits?: string[] }[],
  ): void => {
    const versions = objects.map(({ object, by, declared, waits = [] }) => {
      const { id, type, spec, stated, digest, text } = candidate(object);
      const rank = rankFrom(declared, waits.length, c.defaultTlp);
      const version = stated?.version ?? '1970-01-01T00:00:00.000100Z';
      const key = statedVersion(object)?.key ?? '1970-01-01T00:00:00.0001';
      const ref = Number(
        db
          .prepare(
            `INSERT INTO versions (collection, type, key, object_id, spec, version, version_key, digest, rank, declared,
            unresolved, publisher, size, body) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            type,
            keyOf(id),
            id,
            spec,
            version,
            key,
            digest,
            rank,
            declared,
            waits.length,
            by,
            Buffer.byteLength(text),
            text,
          ).lastInsertRowid,
      );
      for (const marking of waits) db.prepare('INSERT INTO citations VALUES (?, ?)').run(marking, ref);
      return { ref, spec, key, rank, audience: EVERYONE, owner: by };
    });
    for (const { ref, ranges } of settle(versions, [], new ClassBook()).gained)
      db.prepare(
        `INSERT INTO entries (collection, date, version, type, ${QUESTIONS.join(', ')}) VALUES (1, ?, ?, ?, ${QUESTIONS.map(() => '?').join(', ')})`,
      ).run(date++, ref, objects[0]!.object['type'], ...QUESTIONS.map((q) => ranges[q]));
  };
  return { file, db, c, hold };
}

test('what was held is found, by id and by date, owned by who published it first, and nothing is amiss', async () => {
  const { file, db, c, hold } = before(
    collection({ grants: [{ source: 'test', to: {}, rights: ['see', 'read', 'write'] }] }),
  );
  const [owner, curator] = [principal(4), principal(4, { organisation: organisation() })];
  const id = toolId();
  hold([
    { object: tool(id, 1, 0), by: owner.organisation.id, declared: 0 },
    { object: tool(id, 2, 0), by: curator.organisation.id, declared: 0 },
    { object: tool(id, 3, 4), by: curator.organisation.id, declared: 4 },
  ]);
  const address = { type: 'ipv4-addr', id: `ipv4-addr--${uuid()}`, value: '192.0.2.1' };
  hold([{ object: address, by: owner.organisation.id, declared: null }]);
  db.close();
  const store = openSqlite(file);
  expect(await store.house.check(() => undefined)).toEqual([]);
  const versions = await store.objects.list(read(c, 2), query({ ids: [id], version: ALL }));
  expect(versions.items.map(({ version }) => version)).toEqual([day(1), day(2)]);
  expect(await found(store, read(c, 2))).toHaveLength(2);
  // The observable that its date names is known by its content.
  expect(await store.objects.append(write(c, owner), part([address]))).toMatchObject({ success_count: 1 });
  expect(await found(store, read(c, 4), query({ ids: [address.id], version: ALL }))).toHaveLength(1);
  // A curator revised it; it is its first publisher's all the same.
  expect(await store.objects.append(write(c, curator), part([tool(id, 4, 0)]))).toMatchObject({
    failure_count: 1,
  });
  expect(await store.objects.append(write(c, owner), part([tool(id, 5, 0)]))).toMatchObject({
    success_count: 1,
  });
  expect(await store.house.check(() => undefined)).toEqual([]);
  await store.close();
});

test('a definition decides in the collection that holds it, and who waited for another goes on waiting (D5a)', async () => {
  const { file, db, c, hold } = before();
  const [desk, member] = [organisation(), principal(4)];
  const [known, awaited] = [`marking-definition--${uuid()}`, `marking-definition--${uuid()}`];
  const define = (marking: string): StixObject => ({
    type: 'marking-definition',
    spec_version: '2.1',
    id: marking,
    created: day(1),
    definition_type: 'statement',
    definition: { statement: 'TLP:GREEN' },
  });
  hold([{ object: define(known), by: desk.id, declared: 0 }]);
  db.prepare('INSERT INTO markings VALUES (?, ?, 1, 1)').run(known, desk.id);
  const waiting = tool(toolId(), 1, null, { object_marking_refs: [awaited] });
  hold([{ object: waiting, by: member.organisation.id, declared: null, waits: [awaited] }]);
  db.close();
  const store = openSqlite(file);
  const later = tool(toolId(), 1, null, { object_marking_refs: [known] });
  await store.objects.append(write(c, member), part([later]));
  expect(await found(store, read(c, 1), query({ types: ['tool'] }))).toEqual([later]);
  await store.objects.append(write(c, member), part([define(awaited)]));
  expect(await found(store, read(c, 1), query({ types: ['tool'] }))).toHaveLength(2);
  expect(await store.house.check(() => undefined)).toEqual([]);
  await store.close();
});

test('a publication that waits goes on with the bytes that it had', async () => {
  const { file, db } = before();
  db.prepare("INSERT INTO statuses VALUES ('s', 'europe', 'c', 'p', 1, 2, 0, 0, 0, 0)").run();
  db.prepare("INSERT INTO publications (status_id, body) VALUES ('s', ?)").run(Buffer.from('{"objects":[]}'));
  db.close();
  const store = openSqlite(file);
  expect((await store.records.publication('s'))?.toString()).toBe('{"objects":[]}');
  expect(await store.records.unfinished()).toMatchObject([{ bytes: 14, cut: 0 }]);
  await store.records.abandon('s', 'why', SERVER);
  expect(await store.records.publication('s')).toBeUndefined();
  await store.close();
});
