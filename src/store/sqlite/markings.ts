/** What marking definitions say of TLP, and who is ranked by it (D5, D5a). */
import type { Ref } from '../../domain/entries';
import { marksAfter, type Definition } from '../../domain/markings';
import { rankIn } from '../../domain/audience';
import { rankFrom, type Rank, type ResolvedMarks } from '../../domain/tlp';
import type { Connection } from './connection';
import type { Works } from './work';

const KNOWN = `SELECT id AS marking, organisation, collection, curated, authority, nullif(said, -1) AS rank
  FROM markings WHERE id = ?`;

const toDefinition = (row: Omit<Definition, 'curated'> & { curated: number }): Definition => ({
  ...row,
  curated: row.curated === 1,
});

/** The definitions that may count for an organisation's objects. */
export const definitionsOf = ({ sql }: Connection, marking: string, organisation: string): Definition[] =>
  (
    sql(`${KNOWN} AND (organisation = ? OR curated = 1)`).all(marking, organisation) as Parameters<
      typeof toDefinition
    >[0][]
  ).map(toDefinition);

interface Citing {
  readonly row: Ref;
  readonly collection: number;
  readonly collectionId: string;
  readonly id: string;
  readonly key: string;
  readonly declared: Rank | null;
  readonly unresolved: number;
  readonly rank: number;
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

/** Gives whom one definition may concern, in whatever collection, the rank that all of its id say. */
function weigh(works: Works, of: Pick<Definition, 'marking' | 'organisation' | 'curated' | 'rank'>): void {
  const { sql } = works.connection;
  const { marking, organisation } = of;
  const concerned = { marking, organisation, curated: of.curated ? 1 : 0, said: of.rank ?? -1 };
  const citing = sql(CITING).all(concerned) as Citing[];
  if (citing.length === 0) return;
  const known = (sql(KNOWN).all(marking) as Parameters<typeof toDefinition>[0][]).map(toDefinition);
  for (const cited of citing) {
    const waiting = cited.open === 1 ? [marking] : [];
    const before: ResolvedMarks = { declared: cited.declared, unresolved: waiting };
    const { publisher, collectionId, byDefault } = cited;
    const citer = { publisher, collection: collectionId, waitsAt: byDefault };
    const after = known.reduce<ResolvedMarks>(
      (marks, definition) => marksAfter(marks, definition, citer),
      before,
    );
    if (after === before) continue;
    const unresolved = cited.unresolved - waiting.length + after.unresolved.length;
    sql('UPDATE versions SET declared = ?, unresolved = ? WHERE row = ?').run(
      after.declared,
      unresolved,
      cited.row,
    );
    if (after.unresolved.length < waiting.length)
      sql('UPDATE citations SET open = 0 WHERE marking = ? AND version = ?').run(marking, cited.row);
    const now = rankFrom(after.declared, unresolved, byDefault);
    if (now !== rankIn(cited.rank)) works.on(cited.collection).rerank(cited.id, cited.row, cited.key, now);
  }
}

/** A definition arrived: it is kept, and whoever cites it is ranked by it. */
export function define(works: Works, definition: Definition): void {
  const { marking, organisation, collection, authority, rank } = definition;
  works.connection
    .sql('INSERT OR IGNORE INTO markings VALUES (?, ?, ?, ?, ?, ?)')
    .run(marking, organisation, collection, rank ?? -1, definition.curated ? 1 : 0, authority);
  weigh(works, definition);
}

/** Where a collection's `default_tlp` fell, the word of some counts who reached too low before. */
export function weighWaiting(works: Works, collection: number): void {
  const waiting = works.connection
    .sql(
      `SELECT DISTINCT w.marking FROM versions v JOIN citations w ON w.version = v.row AND w.open = 1
       WHERE v.collection = ? AND v.unresolved > 0 AND EXISTS (SELECT 1 FROM markings m WHERE m.id = w.marking)`,
    )
    .pluck()
    .all(collection) as string[];
  for (const marking of waiting) weigh(works, { marking, organisation: '', curated: true, rank: null });
}
