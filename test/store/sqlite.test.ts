import { openStore } from '../../src/store/open';
import { describeStore } from './contract';
import { describeTrust } from './trust';

describeStore('sqlite', (options) => openStore('sqlite::memory:', options));
describeTrust('sqlite', (options) => openStore('sqlite::memory:', options));
