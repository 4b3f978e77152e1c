/** What marking definitions say of TLP, and who is ranked by it (D5, D5a). */
import type { Ref } from '../../domain/entries';
import { marksAfter, type Definition } from '../../domain/markings';
import { rankFrom, type Rank } from '../../domain/tlp';
import type { Connection } from './connection';
import type { Works } from './work';

/** The definitions that may count for an organisation's objects. */
export function definitionsOf({ sql }: Connection, marking: string, organisation: string): Definition[] {
  const rows = sql(
    `SELECT id AS marking, organisation, collection, curated, authority, nullif(said, -1) AS rank FROM markings
     WHERE id = ? AND (organisation = ? OR curated = 1)`,
  ).all(marking, organisation) as (Omit<Definition, 'curated'> & { curated: number })[];
  return rows.map((row) => ({ ...row, curated: row.curated === 1 }));
}

interface Citing {
  readonly row: Ref;
  readonly collection: number;
  readonly collectionId: string;
  readonly id: string;
  readonly key: string;
  readonly declared: Rank | null;
  readonly unresolved: number;
  readonly rank: Rank;
  readonly publisher: string;
  readonly open: number;
  readonly byDefault: Rank;
}

/** Of those who cite a definition: who waits for it, or declares less than it says. */
const CITING = `SELECT v.row, v.collection, c.id AS collectionId, v.object_id AS id, v.version_key AS key, v.declared,
    v.unresolved, v.rank, v.publisher, w.open, json_extract(c.definition, '$.defaultTlp') AS byDefault
  FROM citations w JOIN versions v ON v.row = w.version JOIN collections c ON c.row = v.collection
  WHERE w.marking = @marking AND (@curated = 1 OR v.publisher = @organisation)
    AND (w.open = 1 OR coalesce(v.declared, -1) < @said) ORDER BY v.row`;

/** A definition arrived: whoever cites it, in whatever collection, gets the rank that it says. */
export function define(works: Works, definition: Definition): void {
  const { sql } = works.connection;
  const { marking, organisation, collection, authority, rank } = definition;
  const curated = definition.curated ? 1 : 0;
  sql('INSERT OR IGNORE INTO markings VALUES (?, ?, ?, ?, ?, ?)').run(
    marking,
    organisation,
    collection,
    rank ?? -1,
    curated,
    authority,
  );
  const citing = sql(CITING).all({ marking, organisation, curated, said: rank ?? -1 }) as Citing[];
  for (const cited of citing) {
    const waiting = cited.open === 1 ? [marking] : [];
    const before = { declared: cited.declared, unresolved: waiting };
    const after = marksAfter(before, definition, {
      publisher: cited.publisher,
      collection: cited.collectionId,
      rank: cited.rank,
    });
    if (after === before) continue;
    const unresolved = cited.unresolved - waiting.length + after.unresolved.length;
    sql('UPDATE versions SET declared = ?, unresolved = ? WHERE row = ?').run(
      after.declared,
      unresolved,
      cited.row,
    );
    if (after.unresolved.length < waiting.length)
      sql('UPDATE citations SET open = 0 WHERE marking = ? AND version = ?').run(marking, cited.row);
    const now = rankFrom(after.declared, unresolved, cited.byDefault);
    if (now !== cited.rank) works.on(cited.collection).rerank(cited.id, cited.row, cited.key, now);
  }
}
