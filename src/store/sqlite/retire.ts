/** Retention: objects of which nothing was added since, taken out in small units of work. */
import { groupOf } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import { objectOf } from '../../domain/unit';
import type { Permit } from '../house';
import type { Retirement } from '../objects';
import { OBJECT } from './by-id';
import type { Connection } from './connection';
import { holdTo } from './lease';
import { auditBy } from './audit';
import type { ObjectKey } from './standing';
import { eachObject, STEP, turn } from './walk';
import { leaveStones } from './work';

interface Looked {
  readonly id: string;
  readonly versions: number;
  readonly newest: Micros | null;
}

const LOOK = `SELECT min(v.object_id) AS id, count(DISTINCT v.row) AS versions, max(e.date) AS newest
  FROM versions v LEFT JOIN entries e ON e.version = v.row WHERE v.collection = @collection AND v.key = @key AND v.type = @type`;

const OF_OBJECT = `FROM versions WHERE ${OBJECT}`;
/** Whole objects leave nothing to settle: nobody gains by it. */
const TAKE_OUT = [
  leaveStones(OBJECT),
  `DELETE FROM entries WHERE version IN (SELECT row ${OF_OBJECT})`,
  `DELETE FROM citations WHERE version IN (SELECT row ${OF_OBJECT})`,
  `DELETE FROM owners WHERE version IN (SELECT row ${OF_OBJECT})`,
  `DELETE FROM nameless WHERE version IN (SELECT row ${OF_OBJECT})`,
  `DELETE ${OF_OBJECT}`,
];

/** {@link ObjectStore.retire}. */
export async function retire(
  connection: Connection,
  collectionId: string,
  { types, before, held }: Retirement,
  by: string,
  apply: boolean,
  { signal, lease }: Permit = {},
): Promise<{ objects: number; versions: number }> {
  const { sql, read, write } = connection;
  const found = sql('SELECT row, api_root, definition FROM collections WHERE id = ?').get(collectionId) as
    { row: number; api_root: string; definition: string } | undefined;
  if (!found) return { objects: 0, versions: 0 };
  const name = `${found.api_root}/${(JSON.parse(found.definition) as { alias: string }).alias}`;
  const kept = new Set(held.map(objectOf));
  const isWanted = (type: string): boolean => types.includes(type) || types.includes(groupOf(type));
  const look = (object: ObjectKey): Looked => sql(LOOK).get(object) as Looked;
  const isDue = ({ id, newest }: Looked): boolean =>
    newest !== null && newest < before && !kept.has(objectOf(id));

  let [objects, versions] = [0, 0];
  let due: ObjectKey[] = [];
  let waiting = 0;
  /** One unit of work; what was added since the look stays. */
  const takeOut = (): void => {
    const [taking, gone] = [due, { objects: 0, versions: 0 }];
    [due, waiting] = [[], 0];
    write(() => {
      holdTo(connection, lease);
      for (const object of taking) {
        const looked = look(object);
        if (!isDue(looked)) continue;
        for (const text of TAKE_OUT) sql(text).run(object);
        auditBy(connection, { by }, 'retire', name, looked.id, JSON.stringify({ versions: looked.versions }));
        gone.objects++;
        gone.versions += looked.versions;
      }
    });
    objects += gone.objects;
    versions += gone.versions;
  };

  await eachObject(
    connection,
    signal,
    (object) => {
      if (!isWanted(object.type)) return 1;
      const looked = read(() => look(object));
      if (!isDue(looked)) return looked.versions;
      if (!apply) {
        objects++;
        versions += looked.versions;
        return looked.versions;
      }
      due.push(object);
      waiting += looked.versions;
      if (waiting < STEP) return looked.versions;
      takeOut();
      return STEP; // others write between two units of work
    },
    found.row,
  );
  if (due.length > 0) {
    await turn(signal);
    takeOut();
  }
  return { objects, versions };
}
