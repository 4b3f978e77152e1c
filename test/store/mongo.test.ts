import { MongoClient } from 'mongodb';
import { v4 as uuid } from 'uuid';
import { openStore } from '../../src/store/open';
import { describeStore } from './contract';

const server = process.env['JISR_TEST_MONGODB'];
if (server === undefined) {
  test.skip('SKIPPED, JISR_TEST_MONGODB names no server: the store on MongoDB', () => undefined);
} else {
  const database = (): string => {
    const url = new URL(server);
    url.pathname = `/jisr-test-${uuid().slice(0, 8)}`;
    return url.href;
  };
  const used: string[] = [];
  afterAll(async () => {
    for (const url of used) {
      const client = await MongoClient.connect(url);
      await client.db().dropDatabase();
      await client.close();
    }
  });
  jest.setTimeout(300_000);
  describeStore('mongodb', (options) => {
    const url = database();
    used.push(url);
    return openStore(url, options);
  });
}
