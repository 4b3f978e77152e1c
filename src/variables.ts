/** Every variable that the server reads: its default, and what it is for. docs/operating.md is made of this. */
export interface Variable {
  /** undefined: there is none. */
  readonly byDefault: string | number | boolean | undefined;
  readonly what: string;
}

export const VARIABLES = {
  JISR_HOST: { byDefault: '127.0.0.1', what: 'where to listen' },
  JISR_PORT: { byDefault: 6100, what: '0 is any free one; without it `PORT` counts' },
  JISR_BEHIND_PROXY: {
    byDefault: false,
    what: 'a TLS proxy stands in front: plain HTTP may leave loopback, and its `X-Forwarded-For` counts',
  },
  JISR_ALLOW_PLAIN_HTTP: { byDefault: false, what: 'plain HTTP may leave loopback without a proxy' },
  JISR_TLS_CERT_FILE: {
    byDefault: undefined,
    what: 'the certificate, with its chain, in PEM: the server speaks HTTPS itself; with `JISR_TLS_KEY_FILE`',
  },
  JISR_TLS_KEY_FILE: { byDefault: undefined, what: 'its private key, in PEM, without a passphrase' },
  JISR_TLS_CLIENT_CERTIFICATES: {
    byDefault: false,
    what: 'ask clients for certificates, which accounts may sign in by',
  },
  JISR_TLS_CLIENT_CA_FILE: {
    byDefault: undefined,
    what: 'authorities whose client certificates are known by subject or name; without it by their key alone',
  },
  JISR_TLS_CLIENT_CRL_FILE: {
    byDefault: undefined,
    what: 'client certificates that were revoked: a list of each of those authorities',
  },
  JISR_PROXY_PIN: {
    byDefault: undefined,
    what: 'the key (`pin:…`) of a TLS proxy that signs in by certificate: its `Client-Cert` counts (RFC 9440)',
  },
  JISR_PUBLIC_URL: {
    byDefault: undefined,
    what: 'https origin of the server or its proxy; `api_roots` are absolute under it',
  },
  JISR_OIDC_FILE: {
    byDefault: undefined,
    what: 'a file that names OpenID Connect providers, and which account each access token stands for',
  },
  JISR_STORE: { byDefault: 'sqlite:data/jisr.db', what: '`sqlite:PATH` or `mongodb://HOST/DATABASE`' },
  JISR_STORE_PASSWORD_FILE: {
    byDefault: undefined,
    what: 'a file that holds the password of the user that `JISR_STORE` names',
  },
  JISR_ALLOW_PLAIN_MONGODB: {
    byDefault: false,
    what: '`mongodb://` may leave loopback without `tls=true`',
  },
  JISR_PROCESSES: { byDefault: 1, what: 'processes that serve one port between them' },
  JISR_COLLECTIONS: { byDefault: 'collections', what: 'folder of the channel files' },
  JISR_TITLE: { byDefault: 'Jisr intelligence exchange', what: '`title` of the discovery resource' },
  JISR_DESCRIPTION: { byDefault: undefined, what: '`description` of the discovery resource' },
  JISR_CONTACT: { byDefault: undefined, what: '`contact` of the discovery resource' },
  JISR_PUBLIC_DISCOVERY: {
    byDefault: false,
    what: 'discovery without an account; it names no API Root then',
  },
  JISR_PAGE_SIZE: { byDefault: 1000, what: 'members of a page without `limit`' },
  JISR_MAX_PAGE_SIZE: { byDefault: 5000, what: 'members of a page at most' },
  JISR_PAGE_CACHE_MB: {
    byDefault: 32,
    what: 'memory of each process for answers that it may give again; 0: none are kept, and none compressed',
  },
  JISR_MAX_FILTER_VALUES: { byDefault: 200, what: 'values of a match filter, and parameters of a request' },
  JISR_STRICT_FILTERS: { byDefault: false, what: 'refuse unknown match filters instead of ignoring them' },
  JISR_MAX_BODY_BYTES: { byDefault: 104_857_600, what: 'bytes of a publication, unpacked' },
  JISR_MAX_OBJECTS: { byDefault: 200_000, what: 'objects of a publication' },
  JISR_MAX_DEPTH: { byDefault: 64, what: 'levels of nesting' },
  JISR_MAX_VALUES: {
    byDefault: 10_000_000,
    what: 'JSON values in a publication; more are refused before they are parsed',
  },
  JISR_MAX_OBJECT_VALUES: { byDefault: 200_000, what: 'JSON values in one object' },
  JISR_MAX_OBJECT_BYTES: { byDefault: 16_777_216, what: 'bytes of one object' },
  JISR_MAX_WAITING: {
    byDefault: 200,
    what: 'large publications that may wait to be worked off; beyond: 503',
  },
  JISR_MAX_WAITING_BYTES: { byDefault: 2_000_000_000, what: 'their bytes' },
  JISR_MAX_OWN_WAITING: { byDefault: 20, what: 'the same for one organisation' },
  JISR_MAX_OWN_WAITING_BYTES: { byDefault: 500_000_000, what: 'their bytes' },
  JISR_ACCEPT_STIX_TYPE: { byDefault: true, what: 'also take `application/stix+json;version=2.1`' },
  JISR_INTEROP_STATUS_PROPERTY: {
    byDefault: false,
    what: 'a custom property in the status of a POST, for interoperability tests',
  },
  JISR_HEADERS_TIMEOUT_MS: { byDefault: 20_000, what: 'how long the header of a request may take' },
  JISR_REQUEST_TIMEOUT_MS: { byDefault: 300_000, what: 'how long all of a request may take' },
  JISR_MIN_UPLOAD_RATE: {
    byDefault: 4096,
    what: 'bytes a second that an upload must bring; a slower one is given up with 408',
  },
  JISR_STATUS_DAYS: { byDefault: 7, what: 'how long statuses are kept; TAXII promises one day' },
  JISR_JOBS_TIME_ZONE: { byDefault: 'UTC', what: 'the zone that the times of jobs are meant in' },
  JISR_LOG_LEVEL: { byDefault: 'info', what: 'logs are JSON lines on standard output' },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;

/** The variables that have a default of some type. */
export type VariableOf<T> = {
  [Name in VariableName]: (typeof VARIABLES)[Name]['byDefault'] extends T ? Name : never;
}[VariableName];
