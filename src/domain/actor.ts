/** Who is named in the audit for a change. */
export interface Actor {
  /** A login name, `local:NAME` for a user of this machine, or `server`. */
  readonly by: string;
  /** The login name of the account that it was done for, if that is another. */
  readonly behalf?: string;
}

/** What a server does by itself when it starts. */
export const SERVER: Actor = { by: 'server' };
