import { openStore } from '../../src/store/open';
import { describeStore } from './contract';

describeStore('sqlite', (options) => openStore('sqlite::memory:', options));
