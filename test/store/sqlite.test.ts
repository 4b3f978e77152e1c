import { openStore } from '../../src/store/open';
import { describeAccounts } from './accounts-contract';
import { describeStore } from './contract';

describeStore('sqlite', (options) => openStore('sqlite::memory:', options));
describeAccounts('sqlite', (options) => openStore('sqlite::memory:', options));
