/** The jisr command as a function, on a store of the test's own. */
import { run } from '../../scripts/run';

/** 2023-11-14T22:13:20Z, in microseconds. */
export const NOW = 1_700_000_000_000_000;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Jisr {
  /** @param line words, parted by spaces unless given as a list. */
  (
    line: string | readonly string[],
    more?: { input?: string | Buffer; env?: Record<string, string> },
  ): Promise<Ran>;
}

/** @param url asked at each run, as a test sets it up. @param clock microseconds since 1970. */
export function jisrOn(url: () => string, clock: () => number = () => NOW): Jisr {
  return async (line, { input = '', env = {} } = {}) => {
    const [out, err]: [string[], string[]] = [[], []];
    const argv = typeof line === 'string' ? line.split(' ') : [...line];
    const code = await run(argv, {
      env: { JISR_STORE: url(), ...env },
      print: (text) => out.push(text),
      write: async (text) => void out.push(text.replace(/\n$/, '')),
      error: (text) => err.push(text),
      input: async () => Buffer.from(input),
      clock,
      wait: async () => undefined,
      terminal: false,
      user: 'tester',
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
}
