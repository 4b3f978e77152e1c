/** What schemas/compile.mjs writes. */
import type { ErrorObject } from 'ajv';

export interface Validate {
  (data: unknown): boolean;
  errors?: ErrorObject[] | null;
}
/** By STIX type (`indicator`, `custom-sdo`, `custom-sco`, `stix-2.0`, `bundle`), `channel` and `taxii-2.1/…`. */
export const validators: Readonly<Record<string, Validate>>;
/** The schemas themselves, by the same names and `common`. */
export const schemas: Readonly<Record<string, Record<string, unknown>>>;
