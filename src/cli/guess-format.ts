const daysFirst = (sign: string): string => `dd${sign}MM${sign}yyyy`;
const monthsFirst = (sign: string): string => `MM${sign}dd${sign}yyyy`;

const isIso = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);

/**
 * How dates are written, when they are all written alike and not as 2025-02-28: one format, or two when day and month
 * cannot be told apart. Undefined for texts that are no such dates, or none; `iso` when they need no format.
 */
export const guessFormat = (texts: readonly string[]): readonly string[] | 'iso' | undefined => {
  if (texts.length === 0) return undefined;
  if (texts.every(isIso)) return 'iso';
  const found = texts.map((text) => /^(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text));
  const [first] = found;
  const sign = first?.[2];
  const digits = first?.[4]?.length;
  if (sign === undefined || found.some((one) => one?.[2] !== sign || one[4]?.length !== digits))
    return undefined;
  const exceeds = (part: 1 | 3): boolean => found.some((one) => Number(one?.[part]) > 12);
  const shorten = (format: string): string =>
    digits === 2 ? format.replace('yyyy', 'yy') : format;
  if (exceeds(1)) return exceeds(3) ? undefined : [shorten(daysFirst(sign))];
  if (exceeds(3)) return [shorten(monthsFirst(sign))];
  return [daysFirst(sign), monthsFirst(sign)].map(shorten);
};
