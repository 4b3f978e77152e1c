/** On a real server with real sockets, passwords and networks (each /24 of 127.0.0.0/8 is one). */
import type { AddressInfo } from 'node:net';
import { basic, serveExchange, TAXII } from '../support/http';
import { connect, get } from '../support/raw-client';

test('700 connections with wrong passwords: honest first sign-ins from elsewhere go before nearly all of them', async () => {
  const x = await serveExchange();
  const { port } = x.server.address() as AddressInfo;
  const ask = (name: string, password?: string): string =>
    get('/taxii2/', { Authorization: basic(name, password), Accept: TAXII });
  const flood = await Promise.all(Array.from({ length: 700 }, () => connect(port, '127.9.0.1')));
  for (const [i, one] of flood.entries()) one.write(ask(`guess${i}`, 'wrong'));
  await Promise.race(flood.map((one) => one.answers(1))); // the line stands

  const names = ['desk', 'otherDesk', 'green', 'member', 'operator', 'stranger'];
  const honest = await Promise.all(names.map((_, i) => connect(port, `127.0.${i + 1}.1`)));
  for (const [i, one] of honest.entries()) one.write(ask(names[i]!));
  const answers = await Promise.all(honest.map((one) => one.answers(1)));
  expect(answers.map(([answer]) => answer!.status)).toEqual(names.map(() => 200));
  expect(flood.filter((one) => one.received.length > 0).length).toBeLessThan(350);

  for (const one of [...flood, ...honest]) one.end();
  await x.close();
});
