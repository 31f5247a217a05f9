import { data, usage } from '../base/index.ts';

const list = (names: readonly string[]): string => names.join(', ');

/** The first ten names, and how many more there are. */
const some = (names: readonly string[]): string =>
  names.length <= 10 ? list(names) : `${list(names.slice(0, 10))} and ${names.length - 10} more`;

/**
 * What can be wrong with configuration and contracts, and why a file does not match its feed.
 * Facts are names of keys, feeds and columns, positions and rules; never a cell, nor a secret.
 */
export const contractErrors = {
  'config.yaml': usage(
    (f: { rule: string }) =>
      `The file is not YAML that can be read: ${f.rule}. None of it was used.`,
  ),
  'config.unknown-key': usage(
    (f: { key: string; section: string }) => `${f.section} has no key ${f.key}.`,
  ),
  'config.missing-key': usage(
    (f: { key: string; section: string }) => `${f.section} needs ${f.key}.`,
  ),
  'config.wrong-value': usage(
    (f: { key: string; expected: string }) => `${f.key} must be ${f.expected}.`,
  ),
  'config.unknown-policy': usage((f: { key: string }) => `There is no policy ${f.key}.`),
  'config.policy-scope': usage(
    (f: { key: string; scope: string; allowed: string }) =>
      `The policy ${f.key} cannot be set for a ${f.scope}: ${f.allowed}.`,
  ),
  'config.policy-dates': usage(
    (f: { key: string }) =>
      `A row of the policy ${f.key} ends before it begins: effective_from is after effective_to.`,
  ),
  'config.policy-overlap': usage(
    (f: { key: string; scope: string; other: string }) =>
      `Two rows of the policy ${f.key} hold for ${f.scope} on the same day; the other one is at ${f.other}.`,
  ),
  'config.feed-incomplete': usage(
    (f: { feed: string; missing: readonly string[] }) =>
      `No contract is named ${f.feed}, and as a new feed it lacks ${list(f.missing)}.`,
  ),
  'config.unknown-column': usage(
    (f: { feed: string; column: string }) => `The feed ${f.feed} has no column ${f.column}.`,
  ),
  'config.header-twice': usage(
    (f: { feed: string; columns: readonly string[] }) =>
      `One header of the feed ${f.feed} is given to several columns: ${list(f.columns)}.`,
  ),
  'contract.file-name': usage(
    (f: { expected: string }) =>
      `The file is no contract by its name, which would have to be ${f.expected}; it would be ignored.`,
  ),
  'contract.unread': usage(
    () => 'The contract cannot be read: it is no regular file that this user may open.',
  ),
  'contract.quality-engine': usage(
    (f: { kind: string }) =>
      `A quality rule of type ${f.kind} refuses no row here, so it would look kept and not be.`,
  ),
  'contract.two-types': usage(
    (f: { column: string; key: string; type: string }) =>
      `The column ${f.column} has ${f.key}, which a column of type ${f.type} cannot have.`,
  ),
  'contract.name-twice': usage(
    (f: { feed: string; column: string }) => `The feed ${f.feed} has the column ${f.column} twice.`,
  ),
  'contract.spelling-twice': usage(
    (f: { feed: string; spelling: string; columns: readonly string[] }) =>
      `In the feed ${f.feed} the header ${f.spelling} would belong to several columns: ${list(f.columns)}.`,
  ),
  'contract.no-such-column': usage(
    (f: { feed: string; key: string; column: string }) =>
      `${f.key} of the feed ${f.feed} names the column ${f.column}, which it does not have.`,
  ),
  'contract.no-key': usage((f: { feed: string }) => `The feed ${f.feed} has no key column.`),
  'contract.no-such-feed': usage(
    (f: { feed: string; column: string; target: string }) =>
      `${f.feed}.${f.column} refers to ${f.target}, which no contract has.`,
  ),
  'contract.members-replaced': usage(
    (f: { feed: string; by: readonly string[] }) =>
      `loadStrategy of the feed ${f.feed} is replaceBatch, but ${list(f.by)} refers to its members: whoever is missing from a new version of a file would take their rows along.`,
  ),
  'contract.rule-unknown-policy': usage(
    (f: { feed: string; rule: string; policy: string }) =>
      `The rule ${f.rule} of the feed ${f.feed} reads ${f.policy}, which is no policy that holds for the whole project.`,
  ),
  'contract.feed-unmatched': data((f: { because: string }) => f.because),
  'contract.key-missing': data(
    (f: { feed: string; columns: readonly string[] }) =>
      `No header is ${list(f.columns)}, by which a row of the feed ${f.feed} is known.`,
  ),
  'contract.new-columns': data(
    (f: { feed: string; headers: readonly string[] }) =>
      `The header has what no column of the feed ${f.feed} takes: ${some(f.headers)}. As feeds.${f.feed}.onNewColumn is reject, none of its rows is loaded.`,
  ),
  'contract.missing-columns': data(
    (f: { feed: string; columns: readonly string[] }) =>
      `The header lacks columns of the feed ${f.feed}: ${some(f.columns)}. As feeds.${f.feed}.onMissingColumn is reject, none of its rows is loaded.`,
  ),
};
