import { z } from 'zod';

/**
 * Shapes of a tree whose scalars are all text. Their error messages are what was expected, as a noun
 * phrase (`a whole number`); that of an unknown key lists the known ones, divided by blanks.
 */
export type Shape<T> = z.ZodType<T>;

/** A shape that reads text into a value; undefined means that the text does not fit. */
export const fromText = <T>(expected: string, read: (text: string) => T | undefined): Shape<T> =>
  z.unknown().transform((raw, context): T => {
    const value = typeof raw === 'string' ? read(raw) : undefined;
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

export const text = (expected = 'text'): Shape<string> =>
  fromText(expected, (raw) => (raw.trim() === '' ? undefined : raw));

export const matching = (pattern: RegExp, expected: string): Shape<string> =>
  fromText(expected, (raw) => (pattern.test(raw) ? raw : undefined));

export const wholeNumber = (minimum: number, maximum?: number): Shape<number> =>
  fromText(
    maximum === undefined
      ? `a whole number from ${minimum}`
      : `a whole number from ${minimum} to ${maximum}`,
    (raw) => {
      const value = Number(raw);
      const fits = /^-?\d+$/.test(raw) && Number.isSafeInteger(value);
      return fits && value >= minimum && value <= (maximum ?? value) ? value : undefined;
    },
  );

export const decimal = (minimum?: number, maximum?: number): Shape<number> =>
  fromText(
    minimum === undefined
      ? 'a number'
      : maximum === undefined
        ? `a number from ${minimum}`
        : `a number from ${minimum} to ${maximum}`,
    (raw) => {
      const value = Number(raw);
      if (!/^-?\d+(\.\d+)?$/.test(raw)) return undefined;
      return value >= (minimum ?? value) && value <= (maximum ?? value) ? value : undefined;
    },
  );

export const yesNo: Shape<boolean> = fromText('true or false', (raw) =>
  raw === 'true' ? true : raw === 'false' ? false : undefined,
);

export const choice = <const T extends string>(choices: readonly T[]): Shape<T> =>
  fromText(choices.length === 1 ? `${choices[0]}` : `one of ${choices.join(', ')}`, (raw) =>
    choices.find((candidate) => candidate === raw),
  );

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
};

/** `1GB`, `512 MiB` → bytes. */
export const byteSize: Shape<number> = fromText('a size such as 1GB or 512MB', (raw) => {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(raw.trim()) ?? [];
  const factor = byteUnits[(unit ?? '').toUpperCase()];
  const bytes = Math.floor(Number(digits) * (factor ?? Number.NaN));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
});

/** A value, or nothing written as `null`, `none` or `~`. */
export const orNone = <T>(shape: Shape<T>): Shape<T | null> =>
  z.preprocess(
    (raw) => (raw === 'null' || raw === 'none' || raw === '~' ? null : raw),
    shape.nullable(),
  );

/** A list; one text alone is a list of one. */
/** A path or pattern that cannot lead out of the folder it is looked up in. */
export const pathBelow: Shape<string> = fromText(
  'a path below the project folder, such as data/raw',
  (raw) => {
    const isOutside = /^([/\\\\]|[A-Za-z]:)/.test(raw) || raw.split(/[/\\\\]/).includes('..');
    return raw.trim() === '' || isOutside ? undefined : raw;
  },
);

export const textList = (item: Shape<string> = fromText('text', (raw) => raw)): Shape<string[]> =>
  z.preprocess(
    (raw) => (typeof raw === 'string' ? [raw] : raw),
    z.array(item, { error: 'a list of texts' }),
  );

export const listOf = <T>(item: Shape<T>, expected = 'a list'): Shape<T[]> =>
  z.array(item, { error: expected });

/** A map from names that fit `name` to values of one shape. */
export const mapOf = <T>(
  value: Shape<T>,
  name: RegExp = /^/,
  expectedName = 'a name',
): Shape<Record<string, T>> =>
  z.record(z.string().regex(name, { error: expectedName }), value, {
    error: 'a section of key: value lines',
  });

/** A section with exactly these keys. */
export const section = <S extends z.ZodRawShape>(shape: S) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? Object.keys(shape).join(' ')
        : 'a section of key: value lines',
  });

/** Feeds and columns become names of relations and columns. */
export const namePattern = /^[a-z][a-z0-9_]{0,62}$/;
export const nameExpected =
  'a name of small letters, digits and _, beginning with a letter, at most 63 long';
export const name = matching(namePattern, nameExpected);

/** A shape behind a change of the raw tree (a short form made long). */
export const fromAny = <T>(change: (raw: unknown) => unknown, shape: Shape<T>): Shape<T> =>
  z.preprocess(change, shape);
