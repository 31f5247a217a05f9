/** A number as people read it: `1,204`. */
export const sayCount = (count: number): string => count.toLocaleString('en-US');

/** A number with its word: `1 row`, `1,204 rows`. */
export const plural = (count: number, one: string, many: string): string =>
  `${sayCount(count)} ${count === 1 ? one : many}`;
