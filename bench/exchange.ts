/** Publishing to a running server, and polls by hand. */
import { setTimeout } from 'node:timers/promises';
import { TAXII_MEDIA_TYPE } from '../src/domain/taxii';
import type { StixObject } from '../src/domain/stix';
import type { RunningServer } from './server';

export const headersOf = ({ authorization }: RunningServer): Record<string, string> => ({
  authorization,
  accept: TAXII_MEDIA_TYPE,
});

/** A collection that takes all types. */
export const urlOf = (server: RunningServer, rest: string): string =>
  `${server.origin}/europe/collections/campaigns/${rest}`;

/** Resolves when all of it is on disk. @throws something was refused. */
export async function publish(server: RunningServer, body: string): Promise<void> {
  const headers = { ...headersOf(server), 'content-type': TAXII_MEDIA_TYPE };
  const response = await fetch(urlOf(server, 'objects/'), { method: 'POST', headers, body });
  if (response.status !== 202) throw new Error(await response.text());
  let status = (await response.json()) as { id: string; status: string; failure_count: number };
  while (status.status === 'pending') {
    await setTimeout(10);
    const again = await fetch(`${server.origin}/europe/status/${status.id}/`, { headers: headersOf(server) });
    status = (await again.json()) as typeof status;
  }
  if (status.failure_count > 0) throw new Error(JSON.stringify(status).slice(0, 1000));
}

export const envelopeOf = (objects: readonly StixObject[]): string => JSON.stringify({ objects });

export const secondsSince = (begun: bigint): number => Number(process.hrtime.bigint() - begun) / 1e9;

/** Asks again and again until told to stop. @returns how long each answer took, in ms, in ascending order. */
export async function poll(
  url: string,
  headers: Record<string, string>,
  until: () => boolean,
): Promise<number[]> {
  const waits: number[] = [];
  while (!until()) {
    const begun = process.hrtime.bigint();
    const response = await fetch(url, { headers });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
    waits.push(secondsSince(begun) * 1000);
  }
  return waits.sort((a, b) => a - b);
}

export const at = (waits: readonly number[], share: number): number =>
  waits[Math.floor((waits.length - 1) * share)] ?? NaN;
