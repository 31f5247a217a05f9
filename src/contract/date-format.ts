/** ODCS writes formats as Java does; the engine reads them as strptime does. */
const javaTokens: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  uuuu: '%Y',
  yy: '%y',
  MMMM: '%B',
  MMM: '%b',
  MM: '%m',
  M: '%m',
  dd: '%d',
  d: '%d',
  HH: '%H',
  H: '%H',
  hh: '%I',
  h: '%I',
  mm: '%M',
  ss: '%S',
  SSS: '%g',
  SSSSSS: '%f',
  a: '%p',
  XXX: '%z',
};

const clock = /%[HIMSfgpz]/;

const isWhole = (format: string, kind: 'date' | 'timestamp'): boolean => {
  const hasDay = /%[Yy]/.test(format) && /%[mbB]/.test(format) && format.includes('%d');
  return hasDay && (kind === 'date' ? !clock.test(format) : /%[HI]/.test(format));
};

/** In a date `m` can only be the month: as `dd/mm/yyyy` is written elsewhere, capitals do not count. */
const asJava = (format: string, kind: 'date' | 'timestamp'): string =>
  kind === 'date' && /^[dmy]+$/i.test(format.replaceAll(/[^A-Za-z]/g, ''))
    ? format.toLowerCase().replaceAll('m', 'M')
    : format;

/**
 * A contract's date format as strptime text: `dd/MM/yyyy` → `%d/%m/%Y`; strptime text stays. Undefined
 * when a letter is unknown, when year, month and day (and the hour of a timestamp) are not all there, or
 * when a date has a time.
 */
export const dateFormat = (format: string, kind: 'date' | 'timestamp'): string | undefined => {
  if (format.includes('%')) {
    const unknown = format.match(/%[^YymdbBHIMSfgpz%-]/);
    return unknown === null && isWhole(format, kind) ? format : undefined;
  }
  let isKnown = true;
  const converted = asJava(format, kind).replaceAll(
    /'([^']*)'|([A-Za-z])\2*/g,
    (token, quoted: string | undefined) => {
      if (quoted !== undefined) return quoted;
      const directive = javaTokens[token];
      if (directive === undefined) isKnown = false;
      return directive ?? '';
    },
  );
  return isKnown && isWhole(converted, kind) ? converted : undefined;
};
