/** Load of polls by `wrk`, and what it is measured against: bare node:http, and Express without Jisr. */
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { readConfig } from '../src/config';
import { TAXII_MEDIA_TYPE } from '../src/domain/taxii';
import { createServer } from '../src/http/server';

export interface Load {
  readonly perSecond: number;
  /** In ms. */
  readonly p99: number;
  readonly longest: number;
}

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
const time = (text: string | undefined): number => {
  const [, number, unit = ''] = /^([\d.]+)(us|ms|s|m)$/.exec(text ?? '') ?? [];
  return Number(number) * (MS[unit] ?? NaN);
};

export function requireWrk(): void {
  if (spawnSync('wrk', ['--version']).error)
    throw new Error('This bench drives the server by wrk, which is not on the PATH: apt-get install wrk');
}

/** Eight connections that ask the same again and again. @throws an answer was neither 2xx nor 3xx. */
export function load(url: string, seconds: number, headers: Record<string, string> = {}): Load {
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const { stdout, status } = spawnSync(
    'wrk',
    ['-t1', '-c8', `-d${seconds}s`, '--timeout', '60s', '--latency', ...fields, url],
    {
      encoding: 'utf8',
    },
  );
  const read = (what: RegExp): string | undefined => what.exec(stdout)?.[1];
  const refused = read(/Non-2xx or 3xx responses: (\d+)/);
  if (status !== 0 || refused !== undefined)
    throw new Error(`${url}: ${refused === undefined ? stdout : `${refused} answers were refusals`}`);
  return {
    perSecond: Number(read(/Requests\/sec:\s+([\d.]+)/)),
    p99: time(read(/99%\s+(\S+)/)),
    longest: time(read(/Latency\s+\S+\s+\S+\s+(\S+)/)),
  };
}

/** The middle one of several values. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Medians of rates that are measured in turns, so that what else the machine does falls on all of them. */
export function inTurns<Name extends string>(
  rounds: number,
  loads: Readonly<Record<Name, () => Load>>,
): Record<Name, number> {
  const names = Object.keys(loads) as Name[];
  const found = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++)
    for (const name of names) found[name].push(loads[name]().perSecond);
  return Object.fromEntries(names.map((name) => [name, median(found[name])])) as Record<Name, number>;
}

export interface Yardstick {
  /** URL of bare node:http that sends so many bytes. */
  readonly bare: (bytes: number) => string;
  /** URL of an Express app that says hello, served as Jisr's is. */
  readonly hello: string;
  readonly stop: () => void;
}

/** Both in a process of its own. */
export async function startYardstick(): Promise<Yardstick> {
  const child: ChildProcess = fork(__filename, ['--yardstick']);
  const [[bare, hello]] = (await once(child, 'message')) as [[number, number]];
  return {
    bare: (bytes) => `http://127.0.0.1:${bare}/${bytes}`,
    hello: `http://127.0.0.1:${hello}/`,
    stop: () => void child.kill(),
  };
}

async function serveYardstick(): Promise<void> {
  const bodies = new Map<number, Buffer>();
  const bare = http.createServer((request, response) => {
    const bytes = Number(request.url?.slice(1));
    const body = bodies.get(bytes) ?? Buffer.alloc(bytes, 'x');
    bodies.set(bytes, body);
    response.writeHead(200, { 'Content-Type': TAXII_MEDIA_TYPE, 'Content-Length': bytes });
    response.end(body);
  });
  const app = express();
  app.disable('etag');
  app.disable('x-powered-by');
  app.get('/', (_req, res) => void res.end('hello'));
  const hello = createServer(app, readConfig({}));
  for (const server of [bare, hello]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  process.send?.([bare, hello].map((server) => (server.address() as AddressInfo).port));
}

if (process.argv[2] === '--yardstick') void serveYardstick();
