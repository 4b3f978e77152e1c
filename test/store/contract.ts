/** The promises of the store (src/store/store.ts), run against every store: by the roles of the port, objects in several files. */
import { describeAppend } from './contract/append';
import { describeArchive } from './contract/archive';
import { describeAudiences } from './contract/audiences';
import { describeById } from './contract/by-id';
import { describeCatalog } from './contract/catalog';
import { describeDates } from './contract/dates';
import { describeFilters } from './contract/filters';
import { describeGained } from './contract/gained';
import { describeHidden } from './contract/hidden';
import { describeHistories } from './contract/histories';
import { describeHouse } from './contract/house';
import { describeIds } from './contract/ids';
import { describeMarkings } from './contract/markings';
import { describeObjects } from './contract/objects';
import { describeOwners } from './contract/owners';
import { describePeople } from './contract/people';
import { describeReads } from './contract/reads';
import { describeRecords } from './contract/records';
import { describeRetire } from './contract/retire';
import { describeSquatted } from './contract/squatted';
import { describeTokens } from './contract/tokens';
import type { Open } from './contract/stores';

const PROMISES: readonly ((name: string, open: Open) => void)[] = [
  describeObjects,
  describeAppend,
  describeOwners,
  describeDates,
  describeIds,
  describeFilters,
  describeById,
  describeReads,
  describeGained,
  describeMarkings,
  describeSquatted,
  describeHidden,
  describeAudiences,
  describeHistories,
  describeRetire,
  describeRecords,
  describeCatalog,
  describePeople,
  describeTokens,
  describeHouse,
  describeArchive,
];

export function describeStore(name: string, open: Open): void {
  for (const promise of PROMISES) promise(name, open);
}
