/** Runs of digits and letters by their kind: `CLASS-01` is `A-0`. */
const shapeOf = (text: string): string =>
  text
    .replaceAll(/[0-9]+/g, '0')
    .replaceAll(/[A-Z]+/g, 'A')
    .replaceAll(/[a-z]+/g, 'a');

const expressions: Readonly<Record<string, string>> = { '0': '\\d+', A: '[A-Z]+', a: '[a-z]+' };

/**
 * The form in which at least 99 % of the texts are written, as a regular expression; undefined when there is none,
 * or too few texts to tell. Only kinds of characters are in it, never a text itself.
 */
export const findPattern = (
  texts: readonly string[],
): { readonly pattern: string; readonly percent: number } | undefined => {
  if (texts.length < 20) return undefined;
  const shapes = new Map<string, number>();
  for (const text of texts) {
    const shape = shapeOf(text);
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
  const [best] = [...shapes].sort((a, b) => b[1] - a[1]);
  if (best === undefined) return undefined;
  const [shape, count] = best;
  if (100 * count < 99 * texts.length || !/^[0Aa _./-]+$/.test(shape)) return undefined;
  const pattern = [...shape].map((sign) => expressions[sign] ?? sign.replace('.', '\\.')).join('');
  return { pattern: `^${pattern}$`, percent: Math.floor((1000 * count) / texts.length) / 10 };
};
