// Compiles every schema to standalone code, so that nothing is compiled when a server starts.
// Writes build/compiled-schemas.js: `validators` by name ("indicator", "taxii-2.1/envelope", "channel") and `schemas`.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../build/compiled-schemas.js', import.meta.url));

const files = readdirSync(folder, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.json'))
  .sort();
const newest = Math.max(
  ...[...files.map((name) => folder + name), fileURLToPath(import.meta.url)].map((f) => statSync(f).mtimeMs),
);
const upToDate = (() => {
  try {
    return statSync(target).mtimeMs > newest;
  } catch {
    return false;
  }
})();

const COMMON = 'urn:jisr:stix-2.1:common.json#/$defs/';

/**
 * One flattened schema per type: shared definitions are put in place of the references to them, so that a check is one
 * function and an error names its place in the schema. `any` refers to itself and stays a reference.
 */
function flatten(node, definitions) {
  if (Array.isArray(node)) return node.map((item) => flatten(item, definitions));
  if (typeof node !== 'object' || node === null) return node;
  const { $ref, ...rest } = node;
  const own = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, flatten(value, definitions)]),
  );
  if ($ref === undefined) return own;
  if (!$ref.startsWith(COMMON) || $ref === `${COMMON}any`) return { $ref, ...own };
  return { ...flatten(definitions[$ref.slice(COMMON.length)], definitions), ...own };
}

if (!upToDate) {
  // No allErrors: a hostile object must not cost millions of error objects.
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allowMatchingProperties: true,
    // With the flag "u", V8 remembers every step of a repetition, and a text of some megabytes overflows its stack.
    unicodeRegExp: false,
    code: { source: true, lines: false },
  });
  ajv.addKeyword({ keyword: 'x-rule', schemaType: ['string', 'object'] });
  // What src/validation/plan.ts does after the schema: a check by its name, an open vocabulary by its name.
  ajv.addKeyword({ keyword: 'x-check', schemaType: 'string' });
  ajv.addKeyword({ keyword: 'x-vocabulary', schemaType: 'string' });
  const ids = {};
  const schemas = {};
  const definitions = JSON.parse(readFileSync(`${folder}stix-2.1/common.json`, 'utf8')).$defs;
  for (const file of files) {
    const schema = flatten(JSON.parse(readFileSync(folder + file, 'utf8')), definitions);
    const name = file.replace(/\.json$/, '').replace(/^stix-2\.1\//, '');
    ajv.addSchema(schema);
    schemas[name] = schema;
    if (name !== 'common') ids[name] = schema.$id;
  }
  const numbered = Object.fromEntries(Object.values(ids).map((id, i) => [`v${i}`, id]));
  const code = standalone.default(ajv, numbered);
  const names = Object.keys(ids).map((name, i) => `  ${JSON.stringify(name)}: exports.v${i},`);
  mkdirSync(fileURLToPath(new URL('../build', import.meta.url)), { recursive: true });
  writeFileSync(
    target,
    `${code}\nexports.validators = Object.assign(Object.create(null), {\n${names.join('\n')}\n});\nexports.schemas = ${JSON.stringify(schemas)};\n`,
  );
}
