/** Who takes part: the honest, and three kinds of attackers with no more rights than their kind has. */
type Account = readonly [name: string, kind: string, role: string, clearance: string];

export const POLLERS = ['poller-1', 'poller-2', 'poller-3', 'poller-4'] as const;
export const PUBLISHER = 'publisher';
export const OPERATOR = 'operator';
/** May write to the inbox of partners, where it reads nothing. */
export const PARTNER = 'hostile-partner';
/** Publishes in the collection that the honest read. */
export const MEMBER = 'hostile-member';
/** Reads what is CLEAR. */
export const READER = 'hostile-reader';

export const ACCOUNTS: readonly Account[] = [
  [OPERATOR, 'operator', 'curator', 'red'],
  [PUBLISHER, 'desk', 'contributor', 'amber'],
  ...POLLERS.map((name): Account => [name, 'member', 'reader', 'amber']),
  [PARTNER, 'partner', 'contributor', 'green'],
  [MEMBER, 'member', 'contributor', 'amber'],
  [READER, 'partner', 'reader', 'clear'],
];

export const passwordOf = (name: string): string => `the password of ${name}`;

/** The Authorization of an account. */
export const as = (name: string, password = passwordOf(name)): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
