import { openStore } from '../../src/store/open';
import { describeStore } from './contract';
import { describePublications } from './publications';

describeStore('sqlite', (options) => openStore('sqlite::memory:', options));
describePublications('sqlite', (options) => openStore('sqlite::memory:', options));
