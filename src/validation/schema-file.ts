/** A file that an operator writes, read against its schema: a wrong one is refused with its path, the place and the rule. */
import { validators } from '#compiled-schemas';

/**
 * @param schema its name in schemas/, such as `channel`. @param path as shown in messages.
 * @returns the problems instead, if there are any.
 */
export function readAgainst(
  schema: string,
  path: string,
  text: string,
): { readonly file: unknown } | { readonly problems: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problems: [`${path}: /: JSON: ${(error as Error).message}. Mend the file so that it is JSON.`] };
  }
  const validate = validators[schema];
  if (!validate) throw new Error(`schemas/${schema}.json is not compiled`);
  if (validate(value)) return { file: value };
  return {
    problems: (validate.errors ?? []).slice(0, 1).map((error) => {
      const { allowedValues, additionalProperty } = error.params as {
        allowedValues?: unknown[];
        additionalProperty?: string;
      };
      const more = allowedValues
        ? `: ${allowedValues.join(', ')}`
        : additionalProperty
          ? `: ${additionalProperty}`
          : '';
      return `${path}: ${error.instancePath || '/'}: ${error.keyword}: ${error.message ?? 'is wrong'}${more}. See schemas/${schema}.json.`;
    }),
  };
}
