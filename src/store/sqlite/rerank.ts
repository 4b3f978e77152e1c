/** Ranks anew what ranks by a collection's `default_tlp`. */
import type { Ref } from '../../domain/entries';
import { rankIn } from '../../domain/audience';
import { rankFrom, type Rank } from '../../domain/tlp';
import type { Connection } from './connection';
import { weighWaiting } from './markings';
import { Work, Works } from './work';

/** @returns how many versions changed their rank. */
export function rerankCollection(connection: Connection, collection: number, byDefault: Rank): number {
  const rows = connection
    .sql(
      `SELECT row, object_id AS id, version_key AS key, declared, unresolved, rank FROM versions
       WHERE collection = ? AND (declared IS NULL OR unresolved > 0) ORDER BY row`,
    )
    .all(collection) as {
    row: Ref;
    id: string;
    key: string;
    declared: Rank | null;
    unresolved: number;
    rank: number;
  }[];
  const work = new Work(connection, collection);
  const changed = rows.filter((v) => rankFrom(v.declared, v.unresolved, byDefault) !== rankIn(v.rank));
  for (const { row, id, key, declared, unresolved } of changed)
    work.rerank(id, row, key, rankFrom(declared, unresolved, byDefault));
  work.save();
  const works = new Works(connection);
  weighWaiting(works, collection);
  works.save();
  return changed.length;
}
