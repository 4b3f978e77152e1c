/** The lines that a bench prints: what was measured, and what it is to be. */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export interface Line {
  readonly what: string;
  /** null: it could not be done. */
  readonly value: number | null;
  readonly unit: string;
  /** In words; empty where nothing is asked. */
  readonly wanted: string;
}

const lines: Line[] = [];

export const shown = (value: number | null): string =>
  value === null
    ? 'not done'
    : value >= 100
      ? Math.round(value).toLocaleString('en')
      : value.toPrecision(value < 0.1 ? 2 : 3);

export function say(what: string, value: number | null, unit: string, wanted = ''): void {
  lines.push({ what, value, unit, wanted });
  console.log(`${what.padEnd(72)} ${`${shown(value)} ${unit}`.padEnd(22)} ${wanted && `wanted: ${wanted}`}`);
}

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;

/** @param file undefined: nothing is written. */
export function save(file: string | undefined): void {
  if (file !== undefined)
    writeFileSync(file, `${JSON.stringify({ machine: machine(), lines }, undefined, 2)}\n`);
}
