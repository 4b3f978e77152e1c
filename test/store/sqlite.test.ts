import { openStore } from '../../src/store/open';
import { describeStore } from './contract';
import { describeReads } from './reads';

describeStore('sqlite', (options) => openStore('sqlite::memory:', options));
describeReads('sqlite', (options) => openStore('sqlite::memory:', options));
