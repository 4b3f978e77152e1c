/** How soon a password would be guessed. Its dictionaries are some megabytes: strength.ts loads it when one is chosen. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs as graphs, dictionary } from '@zxcvbn-ts/language-common';

const guesses = new ZxcvbnFactory({ dictionary, graphs });

/** @returns 0, at once, to 4, never. @param names that whoever guesses knows. */
export const scoreOf = (password: string, names: readonly string[]): number =>
  guesses.check(password, [...names]).score;
