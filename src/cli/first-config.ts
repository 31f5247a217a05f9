import type { FirstLook, Lacking } from './first-look.ts';

/** A text as YAML in double quotes, which is JSON's way. */
const quoted = (text: string): string => JSON.stringify(text);

/** A pattern that fits the file of another date or year, too. */
const nextYearToo = (path: string): string => {
  const at = path.lastIndexOf('/') + 1;
  return (
    path.slice(0, at).replace(/^data\//, '') + path.slice(at).replaceAll(/\d+([-_]\d+)*/g, '*')
  );
};

/** Files that only their header names: the feed's own patterns stay beside them. */
const proposeFiles = (feed: string, { looks, contracts }: FirstLook): readonly string[] => {
  const files = looks.filter(
    (one) => one.likelyFeed === feed && one.problem?.code === 'contract.feed-unmatched',
  );
  if (files.length === 0) return [];
  const patterns = contracts.find((contract) => contract.feed === feed)?.filePatterns ?? [];
  const list = [...patterns, ...new Set(files.map((one) => nextYearToo(one.path)))];
  return [
    '# the headers of these files fit this feed best',
    `files: [${list.map(quoted).join(', ')}]`,
  ];
};

const firstSentence = '# the dates of these columns are not written as 2025-02-28';

const dateEntry = (column: string, header: string, formats: readonly string[]): string => {
  const [format = '', other] = formats;
  const doubt = other === undefined ? '' : ` # or ${quoted(other)}`;
  const own = header === column ? '' : `header: ${quoted(header)}, `;
  return `${column}: { ${own}format: ${quoted(format)} }${doubt}`;
};

const lackingEntry = ({ column, closest, candidates, formats }: Lacking): string => {
  const header = closest ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (header !== undefined)
    return formats.length > 0 ? dateEntry(column, header, formats) : `${column}: ${quoted(header)}`;
  const rest = candidates.length === 0 ? '' : ` # one of ${candidates.map(quoted).join(', ')}`;
  return `${column}: <header>${rest}`;
};

/** Headers for the columns that are missing, the formats of dates, and the form of the class ids. */
const proposeColumns = (feed: string, { looks }: FirstLook): readonly string[] => {
  const ofFeed = looks.filter((one) => one.feed === feed);
  const lacking = looks
    .filter((one) => (one.feed ?? one.likelyFeed) === feed)
    .flatMap((one) => one.lacking)
    .filter((one) => one.closest !== undefined || one.candidates.length > 0);
  const dates = ofFeed
    .flatMap((one) => one.misfits)
    .filter((one) => one.formats.length > 0)
    .map((one) => dateEntry(one.column, one.header, one.formats));
  const [classes] = ofFeed.flatMap((one) => one.classPattern ?? []);
  const form =
    classes === undefined
      ? []
      : [
          `# ${classes.percent} % of the class ids are written so; all others would be refused`,
          `class_id: { pattern: ${quoted(classes.pattern)} }`,
        ];
  const headers = [...new Set(lacking.map(lackingEntry))];
  const spelled = headers.length === 0 ? [] : ['# headers that may be what is missing', ...headers];
  const written = dates.length === 0 ? [] : [firstSentence, ...new Set(dates)];
  const lines = [...spelled, ...written, ...form];
  return lines.length === 0 ? [] : ['columns:', ...lines.map((line) => `  ${line}`)];
};

const example = ['students:', '  columns: { student_id: Pupil_Number, student_name: Full_Name }'];

/** What schoolhouse.yaml may say under `feeds` for the files that lie there; nothing is decided for the user. */
export const proposedFeeds = (look: FirstLook): readonly string[] =>
  look.contracts.flatMap(({ feed }) => {
    const lines = [...proposeFiles(feed, look), ...proposeColumns(feed, look)];
    return lines.length === 0 ? [] : [`${feed}:`, ...lines.map((line) => `  ${line}`)];
  });

/** The section `feeds`, all of it as remarks. */
const feedLines = (look: FirstLook): readonly string[] => {
  const proposed = proposedFeeds(look);
  const lines = proposed.length === 0 ? example : proposed;
  const title = proposed.length === 0 ? [] : ['# Proposals; take away the # of what is right:'];
  return [
    '# Headers are matched without capitals, blanks and punctuation, then by usual names, then by this map.',
    ...title,
    '# feeds:',
    ...lines.map((line) => `#   ${line}`),
  ];
};

const sourceLines = ({ isBeside, looks }: FirstLook): readonly string[] => {
  if (!isBeside) return [];
  const paths = [...new Set(looks.map((one) => one.path.replace(/(\.zip)\/.*$/i, '$1')))];
  return ['', 'sources:', `  local: [data/raw, ${paths.map(quoted).join(', ')}]`];
};

/** The text of a new schoolhouse.yaml: little that is set, and proposals as remarks. */
export const firstConfig = ({
  name,
  zone,
  look,
}: {
  readonly name: string;
  readonly zone: string;
  readonly look: FirstLook;
}): string =>
  [
    '# Settings of this project. All are optional; docs/configuration.md lists every key with its default.',
    `name: ${quoted(name)}`,
    '',
    "# The zone in which a moment becomes a school day. This is the zone of the machine: is it the school's?",
    `timezone: ${quoted(zone)}`,
    ...sourceLines(look),
    '',
    ...feedLines(look),
    '',
    '# Definitions that schools differ in, such as:',
    '# policies:',
    '#   attendance.half_day_is: half',
    '',
  ].join('\n');
