import { createHash } from 'node:crypto';
import { type Sql, trustedSql } from '../../base/index.ts';

/*
 * The engine functions that models, staging and `query` may call beside standard SQL, as DuckDB
 * macros. Another engine provides the same names with the same results: `engine-functions.test.ts`
 * is the conformance suite. `isodow` is DuckDB's own. Macros are temporary, so that they are found
 * whatever the current database is.
 */

const million = 'cast(1000000 as decimal(7, 0))';
/** Millionths of a number below 100,000 as bigint: ten times faster than hugeint. */
const millionths = (x: string): string =>
  `cast(try_cast(${x} as decimal(11, 6)) * ${million} as bigint)`;
const hugeMillionths = (x: string): string =>
  `cast(cast(${x} as decimal(38, 6)) * ${million} as hugeint)`;

/** `a / b` rounded half up, both positive integers: floor(a/b + 1/2). */
const halfUp = (a: string, b: string): string => `(2 * (${a}) + (${b})) // (2 * (${b}))`;

/** Integer hundredths → decimal(5,2); null from 1000 on. */
const fromHundredths = (x: string): string =>
  `cast(try_cast(${x} as decimal(5, 0)) * cast(0.01 as decimal(3, 2)) as decimal(5, 2))`;
/** Integer millionths → decimal(9,6); null from 1000 on. */
const fromMillionths = (x: string): string =>
  `cast(try_cast(${x} as decimal(9, 0)) * cast(0.000001 as decimal(9, 6)) as decimal(9, 6))`;

const isInteger = (x: string): string => `typeof(${x}) not like 'DECIMAL%'`;

/** 100 * num / den in hundredths for decimals: bigint where it fits, hugeint elsewhere. */
const decimalPercent = `case
    when num between 0 and 99999 and den < 99999
      then ${halfUp(`10000 * ${millionths('num')}`, millionths('den'))}
    else ${halfUp(`10000 * ${hugeMillionths('num')}`, hugeMillionths('den'))}
  end`;

const blanks = [
  ...' \t\n\r\v\f',
  ...'\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b',
  ...'\u2028\u2029\u202f\u205f\u3000\ufeff',
].join('');

const year = '(19|2[01])[0-9][0-9]';
const isoDate = `${year}-[0-9][0-9]-[0-9][0-9]`;
const clock = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?';
const offset = '([zZ]|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)';

/** A date format in the words of ODCS (`dd/MM/yyyy`) or of strptime (`%d/%m/%Y`) → that of strptime. */
const strptimeFormat = `case when contains(format, '%') then format
  else replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    format, 'yyyy', '%Y'), 'yy', '%y'), 'MMMM', '%B'), 'MMM', '%b'), 'MM', '%m'), 'M', '%m'),
    'dd', '%d'), 'd', '%d'), '%%d', '%d'), '%%m', '%m')
  end`;
/** The shape of a text in that format: DuckDB alone takes blanks, signs and short years too. */
const formatShape = `replace(replace(replace(replace(replace(replace(replace(replace(replace(
  ${strptimeFormat}, '.', '[.]'), '%-', '%'), '%Y', '${year}'), '%y', '[0-9]{2}'),
  '%m', '[0-9]{1,2}'), '%d', '[0-9]{1,2}'), '%B', '[A-Za-z]{3,9}'), '%b', '[A-Za-z]{3}'), ' ', ' ')`;

const inProjectYears = (x: string): string =>
  `case when year(${x}) between 1900 and 2199 then ${x} end`;

/** A moment as a naive timestamp in UTC; `timezone('UTC', …)` does the same at the price of a calendar. */
const utcOf = (moment: string): string => `make_timestamp(epoch_us(${moment}))`;
/** A naive timestamp of a zone → the same moment in UTC. */
const toUtc = (x: string): string =>
  `case when zone = 'UTC' then ${x} else ${utcOf(`timezone(zone, ${x})`)} end`;

const fullwidth = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0xff01 + i)).join('');
const ascii = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join('');
const superscripts = '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079';
const subscripts = '\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089';
const oddBlanks = [...blanks].filter((c) => c > '~' && c !== '\u200b' && c !== '\ufeff').join('');

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** NFKC as far as status words need it: full-width forms, odd blanks, raised digits, common fractions. */
const compatible = (x: string): string => {
  const from = `${fullwidth}${superscripts}${subscripts}${oddBlanks}\ufe0f\u200b\ufeff`;
  const to = `${ascii}01234567890123456789${' '.repeat(oddBlanks.length)}`;
  const fractions = { '½': '1⁄2', '¼': '1⁄4', '¾': '3⁄4', '⅓': '1⁄3', '⅔': '2⁄3' };
  return Object.entries(fractions).reduce(
    (inner, [sign, spelled]) => `replace(${inner}, '${sign}', '${spelled}')`,
    `translate(nfc_normalize(${x}), ${text(from)}, ${text(to)})`,
  );
};

/** Runs of space _ - as one space, `1.0` as `1`, nothing as null. */
const foldedRuns = (x: string): string =>
  `nullif(regexp_replace(regexp_replace(${x}, '[\\s_-]+', ' ', 'g'), '^([0-9]+)[.]0+$', '\\1'), '')`;

const macros: Readonly<Record<string, string>> = {
  // num / den as percent, half up, decimal(5,2), exact for integers and decimals (not negative);
  // null where den is 0 or null, and from 1000 percent on.
  'pct(num, den)': `case when den > 0 then ${fromHundredths(`case
    when ${isInteger('num')} and ${isInteger('den')}
      then ${halfUp('10000 * cast(num as bigint)', 'cast(den as bigint)')}
    else ${decimalPercent}
  end`)} end`,

  // A sum of decimals (6 places) divided by how many they are, half up, decimal(5,2); null where n is 0 or null.
  'mean(total, n)': `case when n > 0 then ${fromHundredths(`case
    when total between 0 and 99999 then ${halfUp(millionths('total'), '10000 * cast(n as bigint)')}
    else ${halfUp(hugeMillionths('total'), '10000 * cast(n as hugeint)')}
  end`)} end`,

  // 100 * score / max_score with 6 places, half up, decimal(9,6); null where the maximum is not above 0.
  'score_pct(score, max_score)': `case when max_score > 0 then ${fromMillionths(`case
    when score between 0 and 40000 and max_score < 99999
      then ${halfUp(`100000000 * ${millionths('score')}`, millionths('max_score'))}
    else ${halfUp(`100000000 * ${hugeMillionths('score')}`, hugeMillionths('max_score'))}
  end`)} end`,

  // Integers; the quotient without its fraction (towards zero), null where b is 0.
  'int_div(a, b)': 'cast(a as bigint) // cast(b as bigint)',

  // 64 bits over a list of texts; only ever compared between rows of one key, in one engine.
  'row_hash(texts)': 'hash(texts)',

  // SHA-256 of the natural key, 64 hexadecimal digits; null stays null.
  'key_hash(natural_key)': 'sha256(natural_key)',

  // Text by which rows meet: trimmed, NFC, `784.0` is `784`, leading zeros stay; blank is null.
  'id_text(x)': `case
    when strlen(x) = length(x) and x >= '!' and not contains(x, '.') and not suffix(x, ' ')
      and not suffix(x, '\t') and not suffix(x, '\r') and not suffix(x, '\n') then x
    else nullif(regexp_replace(trim(nfc_normalize(x), ${text(blanks)}), '^(-?[0-9]+)[.]0+$', '\\1'), '')
  end`,

  // 'iso', an ODCS format (dd/MM/yyyy) or a strptime one; years 1900-2199; what does not fit is null.
  'parse_date(x, format)': `case
    when coalesce(format, 'iso') = 'iso' then case
      -- Only a canonical date is its own text again: as strict as a pattern, and faster.
      when strlen(x) = 10 and cast(try_cast(x as date) as varchar) = x
        then case when x >= '1900' and x < '2200' then try_cast(x as date) end
      when regexp_full_match(x, '${isoDate}[T ]00:00(:00([.]0+)?)?')
        then try_cast(left(x, 10) as date)
    end
    when regexp_full_match(x, ${formatShape})
      then ${inProjectYears(`cast(try_strptime(x, ${strptimeFormat}) as date)`)}
  end`,

  // ISO, seconds and up to 6 decimals optional; an offset is applied, without one it is local time of
  // \`zone\`. A timestamp in UTC, or null: years 1900-2199, no 24:00, no 60th second.
  'parse_timestamp(x, zone)': `case
    when regexp_full_match(x, '${isoDate}[T ]${clock}')
      then ${toUtc('try_cast(x as timestamp)')}
    when regexp_full_match(x, '${isoDate}')
      then ${toUtc('cast(try_cast(x as date) as timestamp)')}
    when regexp_full_match(x, '${isoDate}[T ]${clock} ?${offset}')
      then ${utcOf(`try_cast(concat(
        left(x, 10), ' ',
        regexp_extract(substr(x, 12), '^[0-9:]*'),
        case when strlen(regexp_extract(substr(x, 12), '^[0-9:]*')) = 5 then ':00' else '' end,
        regexp_extract(substr(x, 12), '[.][0-9]+'),
        replace(upper(regexp_extract(substr(x, 12), '${offset}$')), 'Z', '+00')) as timestamptz)`)}
  end`,

  // decimal(18,6), or null: plain digits, a point, a sign, an exponent that leaves it exact.
  'parse_number(x)': `case
    when regexp_full_match(x, '[+-]?([0-9]{1,12}([.][0-9]{1,6}0*)?|[.][0-9]{1,6}0*)')
      then try_cast(x as decimal(18, 6))
    when regexp_full_match(x, '[+-]?([0-9]{1,20}([.][0-9]{1,9})?|[.][0-9]{1,9})[eE]([+]?[0-9]{1,2}|-[0-9])')
      then case when try_cast(x as decimal(38, 18)) = try_cast(x as decimal(18, 6))
        then try_cast(x as decimal(18, 6)) end
  end`,

  // bigint, or null: digits and a sign; \`5.0\` is 5, \`1.5\` is none.
  'parse_integer(x)': `case
    when cast(try_cast(x as bigint) as varchar) = x then try_cast(x as bigint)
    when regexp_full_match(x, '[+-]?[0-9]{1,25}([.]0+)?')
      then try_cast(regexp_replace(x, '[.]0+$', '') as bigint)
  end`,

  'parse_boolean(x)': `case lower(x)
    when 'true' then true when 'yes' then true when 'y' then true when 't' then true
    when '1' then true when '1.0' then true
    when 'false' then false when 'no' then false when 'n' then false when 'f' then false
    when '0' then false when '0.0' then false
  end`,

  // A word of a vocabulary as it is compared: trimmed, case folded, runs of space _ - as one space, \`1.0\` as \`1\`.
  'fold_code(x)': `case
    when strlen(x) <> length(x) then ${foldedRuns(
      `replace(replace(lower(trim(${compatible('x')}, ' \t\r\n\v\f')), 'ß', 'ss'), 'ς', 'σ')`,
    )}
    -- One plain word, as nearly every status is.
    when regexp_full_match(x, '[A-Za-z0-9]+') then lower(x)
    else ${foldedRuns("lower(trim(x, ' \t\r\n\v\f'))")}
  end`,

  // Local date of a UTC timestamp.
  'local_date(x, zone)': `case when zone = 'UTC' then cast(x as date)
    else cast(timezone(zone, make_timestamptz(epoch_us(x))) as date) end`,

  // The Monday of the ISO week.
  'iso_week_start(x)': 'cast(x as date) - cast(isodow(cast(x as date)) - 1 as integer)',
};

/** Creates every function; run once per connection. */
export const functionStatements: readonly Sql[] = Object.entries(macros).map(([signature, body]) =>
  trustedSql(`create or replace temp macro ${signature} as (${body})`),
);

/** SHA-256 of the functions: a relation built with other ones is behind. */
export const functionsHash: string = createHash('sha256')
  .update(functionStatements.join(';\n'))
  .digest('hex');
