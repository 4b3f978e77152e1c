/** The configuration of the server: read once, from the environment, and refused as a whole if any of it is wrong. */
import cron from 'node-cron';
import type { Limits } from './domain/query';
import { requirePrivate, withPassword } from './store/url';
import { VARIABLES, type VariableOf } from './variables';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  /** undefined: clients are not asked for certificates. */
  readonly clients: { readonly caFile: string | undefined; readonly crlFile: string | undefined } | undefined;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** What `openStore` takes. */
  readonly store: string;
  /** The folder of the channel files. */
  readonly collections: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly contact: string | undefined;
  /** The https origin, without a slash at its end; undefined: URLs are relative (T-248). */
  readonly publicUrl: string | undefined;
  /** T-250 */
  readonly publicDiscovery: boolean;
  /** Names OpenID Connect providers (schemas/oidc.json). */
  readonly oidcFile: string | undefined;
  readonly limits: Limits;
  readonly maxBodyBytes: number;
  /** Of a publication: levels of nesting, objects, values in all, values and bytes of one object. */
  readonly envelope: {
    readonly depth: number;
    readonly objects: number;
    readonly values: number;
    readonly objectValues: number;
    readonly objectBytes: number;
  };
  /** Large publications that wait to be worked off, and their bytes: of an organisation, and in total. */
  readonly quotas: {
    readonly publications: number;
    readonly bytes: number;
    readonly ownPublications: number;
    readonly ownBytes: number;
  };
  /** T-067 */
  /** Bytes of answers that are kept; 0: none are. */
  readonly pageCacheBytes: number;
  readonly acceptStixType: boolean;
  /** T-444 */
  readonly interopStatusProperty: boolean;
  readonly behindProxy: boolean;
  /** undefined: the server speaks plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** The key of a proxy that may say which certificate a client showed it (D17). */
  readonly proxyPin: string | undefined;
  readonly logLevel: LogLevel;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Bytes a second that an upload must bring. */
  readonly minUploadRate: number;
  /** Processes that serve one port between them. */
  readonly processes: number;
  /** How long finished statuses are kept (T-276). */
  readonly statusDays: number;
  /** When jobs run: cron by name, where it is not their own time, and the time zone of all. */
  readonly schedule: { readonly times: Readonly<Record<string, string>>; readonly timeZone: string };
}

/** The jobs that can be given another time; test/jobs.test.ts holds this to the table of jobs. */
export const JOB_NAMES = [
  'expiry',
  'statistics',
  'retention',
  'statuses',
  'maintenance',
  'endings',
  'check',
] as const;
export const variableOf = (job: string): string => `JISR_JOB_${job.toUpperCase()}`;

const NAMES = new Set<string>([...Object.keys(VARIABLES), ...JOB_NAMES.map(variableOf)]);

/** For who reads no more than the store's URL. */
export const mayBePlain = (env: Environment): boolean =>
  BOOLEANS[env['JISR_ALLOW_PLAIN_MONGODB']?.toLowerCase() ?? ''] ?? false;

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  1: true,
  false: false,
  no: false,
  0: false,
};

/** What is wrong with the environment; the message is for the operator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {ConfigError} naming every variable that is wrong, one a line. */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];
  const text = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const word = (name: VariableOf<string>): string => text(name) ?? VARIABLES[name].byDefault;
  const flag = (name: VariableOf<boolean>): boolean => {
    const value = text(name);
    const { byDefault } = VARIABLES[name];
    const known = value === undefined ? byDefault : BOOLEANS[value.toLowerCase()];
    if (known === undefined) problems.push(`${name}: "${value ?? ''}" is neither true nor false.`);
    return known ?? byDefault;
  };
  const integer = (
    name: VariableOf<number>,
    least: number,
    most = 2 ** 31 - 1,
    said: string = name,
  ): number => {
    const value = text(said);
    const { byDefault } = VARIABLES[name];
    if (value === undefined) return byDefault;
    if (/^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    problems.push(`${said}: "${value}" is not an integer from ${least} to ${most}.`);
    return byDefault;
  };

  for (const name of Object.keys(env)) {
    // What the tests and the client verbs read is no business of the server.
    if (/^JISR_(?!TEST_|TAXII_)/.test(name) && !NAMES.has(name))
      problems.push(`${name}: there is no such variable. Is it misspelt?`);
  }
  const maxPageSize = integer('JISR_MAX_PAGE_SIZE', 1000, 100_000);
  const behindProxy = flag('JISR_BEHIND_PROXY');
  const tls = tlsFiles(text, flag('JISR_TLS_CLIENT_CERTIFICATES'), problems);
  const config: Config = {
    host: word('JISR_HOST'),
    port: integer('JISR_PORT', 0, 65535, text('JISR_PORT') === undefined ? 'PORT' : 'JISR_PORT'),
    store: storeUrl(
      word('JISR_STORE'),
      text('JISR_STORE_PASSWORD_FILE'),
      flag('JISR_ALLOW_PLAIN_MONGODB'),
      problems,
    ),
    collections: word('JISR_COLLECTIONS'),
    title: word('JISR_TITLE'),
    description: text('JISR_DESCRIPTION'),
    contact: text('JISR_CONTACT'),
    publicUrl: origin(text('JISR_PUBLIC_URL'), problems),
    publicDiscovery: flag('JISR_PUBLIC_DISCOVERY'),
    oidcFile: text('JISR_OIDC_FILE'),
    limits: {
      pageSize: integer('JISR_PAGE_SIZE', 1, maxPageSize),
      maxPageSize,
      maxFilterValues: integer('JISR_MAX_FILTER_VALUES', 1, 10_000),
      strictFilters: flag('JISR_STRICT_FILTERS'),
    },
    maxBodyBytes: integer('JISR_MAX_BODY_BYTES', 1, 2 ** 30),
    envelope: {
      depth: integer('JISR_MAX_DEPTH', 8, 1000),
      objects: integer('JISR_MAX_OBJECTS', 1),
      values: integer('JISR_MAX_VALUES', 100),
      objectValues: integer('JISR_MAX_OBJECT_VALUES', 100),
      objectBytes: integer('JISR_MAX_OBJECT_BYTES', 1000),
    },
    quotas: {
      publications: integer('JISR_MAX_WAITING', 1),
      bytes: integer('JISR_MAX_WAITING_BYTES', 1),
      ownPublications: integer('JISR_MAX_OWN_WAITING', 1),
      ownBytes: integer('JISR_MAX_OWN_WAITING_BYTES', 1),
    },
    pageCacheBytes: integer('JISR_PAGE_CACHE_MB', 0, 4096) * 1024 * 1024,
    acceptStixType: flag('JISR_ACCEPT_STIX_TYPE'),
    interopStatusProperty: flag('JISR_INTEROP_STATUS_PROPERTY'),
    behindProxy,
    tls,
    proxyPin: proxyPin(text('JISR_PROXY_PIN'), tls, problems),
    logLevel: level(word('JISR_LOG_LEVEL'), problems),
    headersTimeoutMs: integer('JISR_HEADERS_TIMEOUT_MS', 100),
    requestTimeoutMs: integer('JISR_REQUEST_TIMEOUT_MS', 100),
    minUploadRate: integer('JISR_MIN_UPLOAD_RATE', 1),
    processes: integer('JISR_PROCESSES', 1, 64),
    statusDays: integer('JISR_STATUS_DAYS', 1, 36_500),
    schedule: { times: jobTimes(text, problems), timeZone: timeZone(word('JISR_JOBS_TIME_ZONE'), problems) },
  };
  if (config.headersTimeoutMs > config.requestTimeoutMs) {
    problems.push('JISR_HEADERS_TIMEOUT_MS: is longer than JISR_REQUEST_TIMEOUT_MS, which includes it.');
  }
  if (!tls && !flag('JISR_ALLOW_PLAIN_HTTP') && !behindProxy && !isLoopback(config.host)) {
    problems.push(
      `JISR_HOST: ${config.host} is not a loopback address, and passwords would travel in the clear. Set ` +
        'JISR_TLS_CERT_FILE and JISR_TLS_KEY_FILE, put a TLS proxy in front and set JISR_BEHIND_PROXY=true, or set JISR_ALLOW_PLAIN_HTTP=true if you know that the network is safe.',
    );
  }
  if (problems.length > 0) throw new ConfigError(`The configuration is wrong:\n  ${problems.join('\n  ')}`);
  return config;
}

/** The URL of the store, with the password that stands in a file. */
function storeUrl(url: string, file: string | undefined, plain: boolean, problems: string[]): string {
  try {
    return requirePrivate(withPassword(url, file, 'JISR_STORE_PASSWORD_FILE'), plain);
  } catch (error) {
    problems.push((error as Error).message);
    return url;
  }
}

/** Cron expressions by name of the job; "off" switches one off. */
function jobTimes(
  text: (name: string) => string | undefined,
  problems: string[],
): Readonly<Record<string, string>> {
  const times: Record<string, string> = {};
  for (const job of JOB_NAMES) {
    const said = text(variableOf(job));
    if (said === undefined) continue;
    if (said !== 'off' && !cron.validate(said))
      problems.push(
        `${variableOf(job)}: "${said}" is neither a cron expression such as "17 3 * * *" nor off.`,
      );
    times[job] = said;
  }
  return times;
}

function timeZone(name: string, problems: string[]): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    problems.push(`JISR_JOBS_TIME_ZONE: "${name}" is no time zone such as Africa/Cairo or UTC.`);
  }
  return name;
}

function level(text: string, problems: string[]): LogLevel {
  const found = LOG_LEVELS.find((l) => l === text);
  if (!found) problems.push(`JISR_LOG_LEVEL: "${text}" is none of ${LOG_LEVELS.join(', ')}.`);
  return found ?? 'info';
}

/** T-009: discovery is at the root of the host, so the public URL has no path; T-244: and it is https. */
function origin(text: string | undefined, problems: string[]): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.href === `${url.origin}/`) return url.origin;
  problems.push('JISR_PUBLIC_URL: is not an https URL of a host alone, such as https://taxii.example.org.');
  return undefined;
}

function tlsFiles(
  text: (name: string) => string | undefined,
  asks: boolean,
  problems: string[],
): TlsConfig | undefined {
  const [certFile, keyFile] = [text('JISR_TLS_CERT_FILE'), text('JISR_TLS_KEY_FILE')];
  const [caFile, crlFile] = [text('JISR_TLS_CLIENT_CA_FILE'), text('JISR_TLS_CLIENT_CRL_FILE')];
  if ((certFile === undefined) !== (keyFile === undefined))
    problems.push('JISR_TLS_CERT_FILE and JISR_TLS_KEY_FILE: one of them is missing; they come together.');
  if (asks && certFile === undefined)
    problems.push('JISR_TLS_CLIENT_CERTIFICATES: certificates come by TLS. Set JISR_TLS_CERT_FILE too.');
  if (!asks && (caFile ?? crlFile) !== undefined)
    problems.push(
      'JISR_TLS_CLIENT_CA_FILE, JISR_TLS_CLIENT_CRL_FILE: clients are not asked. Set JISR_TLS_CLIENT_CERTIFICATES=true.',
    );
  if (crlFile !== undefined && caFile === undefined)
    problems.push('JISR_TLS_CLIENT_CRL_FILE: it is a list of authorities. Set JISR_TLS_CLIENT_CA_FILE too.');
  if (certFile === undefined || keyFile === undefined) return undefined;
  return { certFile, keyFile, clients: asks ? { caFile, crlFile } : undefined };
}

function proxyPin(
  pin: string | undefined,
  tls: TlsConfig | undefined,
  problems: string[],
): string | undefined {
  if (pin === undefined) return undefined;
  if (!/^pin:[A-Za-z0-9+/]{43}=$/.test(pin))
    problems.push(
      'JISR_PROXY_PIN: is no key such as jisr change principal LOGIN --certificate FILE shows: pin: and 44 characters.',
    );
  if (!tls?.clients)
    problems.push(
      'JISR_PROXY_PIN: a proxy proves itself by a certificate. Set JISR_TLS_CLIENT_CERTIFICATES=true.',
    );
  return pin;
}

/** D11: where plain HTTP never leaves the machine. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
