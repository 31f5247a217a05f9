import { isDate } from '../base/index.ts';

const escapeForRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

const segmentExpression = (pattern: string): string =>
  pattern
    .split(/(\*+|\?)/)
    .map((part) => (part.startsWith('*') ? '[^/]*' : part === '?' ? '[^/]' : escapeForRegExp(part)))
    .join('');

/** A pattern as a regular expression over the end of a path: `*` and `?` stay inside a segment, `**` does not. */
const patternExpression = (pattern: string): RegExp => {
  const segments = pattern
    .normalize('NFC')
    .replace(/^(\.?\/)+/, '')
    .split('/');
  const body = segments
    .map((segment, index) => {
      const isLast = index === segments.length - 1;
      if (segment === '**') return isLast ? '.*' : '(?:[^/]+/)*';
      return `${segmentExpression(segment)}${isLast ? '' : '/'}`;
    })
    .join('');
  return new RegExp(`(?:^|/)${body}$`, 'isu');
};

/** The names by which a file is known: inside an archive its own first, then the archive's. */
const namesOf = (path: string): readonly string[] => {
  const normal = path.normalize('NFC');
  const archive = /^(.*?\.(?:zip))\/.+$/is.exec(normal)?.[1];
  return archive === undefined ? [normal] : [normal, archive];
};

/**
 * True when a pattern fits a project-relative path. Capitals do not count. A pattern without a slash
 * is about the file's name, one with a slash about the end of its path (`raw/Students*.csv`).
 * The name of the archive that a file lies in speaks only when `archive` asks for it.
 */
export const matchesFilePattern = (pattern: string, path: string, archive = false): boolean => {
  const [own = '', outer] = namesOf(path);
  const name = archive ? outer : own;
  return name !== undefined && patternExpression(pattern).test(name);
};

const datesIn = (name: string): readonly string[] =>
  [...name.matchAll(/(?<=^|[_\-. ])((?:19|20|21)\d{2})(-?)(\d{2})\2(\d{2})(?!\d)/g)]
    .map(([, year, , month, day]) => `${year}-${month}-${day}`)
    .filter(isDate);

/**
 * The batch date that a file's name ends with (`_20250601`, `_2025-06-01`), `yyyy-mm-dd`; the last of
 * several, and the archive's when the file inside has none. Undefined when no date of the calendar is there.
 */
export const batchDateOf = (path: string): string | undefined =>
  namesOf(path)
    .map((name) => datesIn(name.slice(name.lastIndexOf('/') + 1)).at(-1))
    .find((date) => date !== undefined);
