import { openStore } from '../../src/store/open';
import { describeAccounts } from './accounts-contract';
import { describeStore } from './contract';
import { describeIds } from './contract-ids';
import { describePublications } from './publications';
import { describeReads } from './reads';
import { describeTrust } from './trust';

describeStore('sqlite', (options) => openStore('sqlite::memory:', options));
describePublications('sqlite', (options) => openStore('sqlite::memory:', options));
describeReads('sqlite', (options) => openStore('sqlite::memory:', options));
describeTrust('sqlite', (options) => openStore('sqlite::memory:', options));
describeAccounts('sqlite', (options) => openStore('sqlite::memory:', options));
describeIds('sqlite', (options) => openStore('sqlite::memory:', options));
