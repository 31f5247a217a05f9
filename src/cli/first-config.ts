import type { FirstLook } from './first-look.ts';

/** A text as YAML in double quotes, which is JSON's way. */
const quoted = (text: string): string => JSON.stringify(text);

/** Files that only their header names: the feed's own patterns stay beside them. */
const proposeFiles = (feed: string, { looks, contracts }: FirstLook): readonly string[] => {
  const files = looks.filter(
    (one) => one.likelyFeed === feed && one.problem?.code === 'contract.feed-unmatched',
  );
  if (files.length === 0) return [];
  const patterns = contracts.find((contract) => contract.feed === feed)?.filePatterns ?? [];
  const list = [...patterns, ...files.map((one) => one.path.replace(/^data\//, ''))];
  return [
    '# the headers of these files fit this feed best',
    `files: [${list.map(quoted).join(', ')}]`,
  ];
};

/** Headers that are spelled nearly like a column that is missing, and the form of the class ids. */
const proposeColumns = (feed: string, { looks }: FirstLook): readonly string[] => {
  const ofFeed = looks.filter((one) => one.feed === feed);
  const near = looks
    .filter((one) => (one.feed ?? one.likelyFeed) === feed)
    .flatMap((one) => one.lacking)
    .flatMap(({ column, closest }) =>
      closest === undefined ? [] : [`${column}: ${quoted(closest)}`],
    );
  const [classes] = ofFeed.flatMap((one) => one.classPattern ?? []);
  const form =
    classes === undefined
      ? []
      : [
          `# ${classes.percent} % of the class ids are written so; all others would be refused`,
          `class_id: { pattern: ${quoted(classes.pattern)} }`,
        ];
  const headers = [...new Set(near)];
  const spelled = headers.length === 0 ? [] : ['# spelled most like what is missing', ...headers];
  const lines = [...spelled, ...form];
  return lines.length === 0 ? [] : ['columns:', ...lines.map((line) => `  ${line}`)];
};

const example = ['students:', '  columns: { student_id: Pupil_Number, student_name: Full_Name }'];

/** The section `feeds`, all of it as remarks: nothing is decided for the user. */
const feedLines = (look: FirstLook): readonly string[] => {
  const proposed = look.contracts.flatMap(({ feed }) => {
    const lines = [...proposeFiles(feed, look), ...proposeColumns(feed, look)];
    return lines.length === 0 ? [] : [`${feed}:`, ...lines.map((line) => `  ${line}`)];
  });
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
