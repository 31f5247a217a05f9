import { type PipelineError, pipelineError } from '../base/index.ts';
import type { Contract } from './contract.ts';
import { contractErrors } from './errors.ts';
import { type Drift, judgeDrift } from './judge-drift.ts';
import { batchDateOf, matchesFilePattern } from './match-file-name.ts';
import { type HeaderMatch, matchHeader } from './match-header.ts';

/** The feed of a file, or why it is set aside; `problem` names file, columns and positions. */
export type FeedMatch =
  | {
      readonly kind: 'matched';
      readonly contract: Contract;
      readonly header: HeaderMatch;
      /** `yyyy-mm-dd` from the file's name. */
      readonly batchDate: string | undefined;
      /** Required columns that the file lacks: a warning, the file loads. */
      readonly missingRequired: readonly string[];
      /** What the columns that only the file or only the contract has mean for its rows. */
      readonly drift: Drift;
    }
  | {
      readonly kind: 'set_aside';
      readonly reason: 'feed_unmatched' | 'key_column_missing';
      /** The feed that the name fits, when it is one. */
      readonly feed: string | undefined;
      readonly batchDate: string | undefined;
      readonly problem: PipelineError;
    };

type Fit = {
  readonly contract: Contract;
  readonly header: HeaderMatch;
  /** Columns that identify a row of this file: the id, else the natural key; references in facts. */
  readonly identifying: readonly string[];
  /** Of these, what the file lacks. */
  readonly lacking: readonly string[];
};

const requiredOf = (contract: Contract): ReadonlySet<string> =>
  new Set(contract.columns.filter((column) => column.required).map((column) => column.name));

const fitOf = (contract: Contract, names: readonly string[]): Fit => {
  const header = matchHeader(contract, names);
  const has = (column: string): boolean => header.columns.has(column);
  const required = requiredOf(contract);
  const references = contract.relationships
    .map((relationship) => relationship.column)
    .filter((column) => required.has(column));
  const hasId = contract.key.every(has);
  // A natural key may have parts that not every school has (period): the required ones bind.
  const natural = contract.naturalKey?.columns;
  const binding = natural?.filter((column) => required.has(column));
  const wholeRow = contract.relationships.length > 0 ? [] : contract.key;
  const own = hasId ? contract.key : ((binding?.length === 0 ? natural : binding) ?? wholeRow);
  const identifying = [...new Set([...own, ...references])];
  const lacking = identifying.filter((column) => !has(column));
  return { contract, header, identifying, lacking };
};

const isComplete = (fit: Fit): boolean =>
  fit.lacking.length === 0 &&
  (fit.header.columns.size > 1 ||
    fit.contract.key.every((column) => fit.header.columns.has(column)));

const knows = (fit: Fit, index: number | undefined): boolean =>
  index !== undefined && [...fit.header.columns.values()].includes(index);

/**
 * True when the header is rather of `rival` than of `fit`: it has the rival's own id, or its natural
 * key, in a column that `fit` does not know; or it simply has more of the rival's columns.
 */
const isRather = (rival: Fit, fit: Fit, bothNamed: boolean): boolean => {
  if (!isComplete(rival)) return false;
  const isUnknown = (column: string): boolean => !knows(fit, rival.header.columns.get(column));
  const hasRivalsId = rival.contract.key.every((column) => rival.header.columns.has(column));
  if (hasRivalsId && rival.contract.key.some(isUnknown)) return true;
  const size = rival.header.columns.size;
  const ownSize = fit.header.columns.size;
  if (rival.identifying.some(isUnknown) && (bothNamed || size >= ownSize)) return true;
  // A roster's columns stand in many exports of facts: they say nothing about the feed.
  const isReferredTo = fit.contract.relationships.some((one) => one.feed === rival.contract.feed);
  return !bothNamed && !isReferredTo && size > ownSize;
};

const bestOf = (named: readonly Fit[]): Fit | undefined => {
  const unbeaten = named.filter(
    (fit) => !named.some((rival) => rival !== fit && isRather(rival, fit, true)),
  );
  const candidates = unbeaten.length > 0 ? unbeaten : named;
  const most = Math.max(...candidates.map((fit) => fit.header.columns.size));
  const [best, second] = candidates.filter((fit) => fit.header.columns.size === most);
  return second === undefined ? best : undefined;
};

const feedNames = (fits: readonly Fit[]): string => fits.map((fit) => fit.contract.feed).join(', ');

const unmatched = (
  path: string,
  because: string,
  hint: string | undefined,
  feed?: string,
): FeedMatch => ({
  kind: 'set_aside',
  reason: 'feed_unmatched',
  feed,
  batchDate: batchDateOf(path),
  problem: pipelineError(
    contractErrors,
    'contract.feed-unmatched',
    { because },
    { place: { file: path, line: 1 }, hint },
  ),
});

const keyMissing = (path: string, fit: Fit): FeedMatch => {
  const { feed } = fit.contract;
  const columns = fit.lacking;
  const known = columns.flatMap((column) => {
    const near = fit.header.missing.find((one) => one.column === column)?.closest;
    return near === undefined ? [] : [`${column}: ${near}`];
  });
  const named =
    known.length === 0
      ? `Name its header in schoolhouse.yaml: feeds.${feed}.columns: { ${columns[0]}: <header> }`
      : `Closest header in schoolhouse.yaml: feeds.${feed}.columns: { ${known.join(', ')} }`;
  const hint = `${named}. If the file has no header line, give it one.`;
  return {
    kind: 'set_aside',
    reason: 'key_column_missing',
    feed,
    batchDate: batchDateOf(path),
    problem: pipelineError(
      contractErrors,
      'contract.key-missing',
      { feed, columns },
      { place: { file: path, line: 1 }, hint },
    ),
  };
};

const headerTwice = (path: string, fit: Fit): FeedMatch => {
  const { feed } = fit.contract;
  const said = fit.header.duplicates
    .map(({ column, positions }) => `${column} at ${positions.join(' and ')}`)
    .join('; ');
  const [first] = fit.header.duplicates;
  return unmatched(
    path,
    `Several headers fit one column of the feed ${feed}: ${said}.`,
    `Say which one it is in schoolhouse.yaml: feeds.${feed}.columns: { ${first?.column}: <header> }`,
    feed,
  );
};

const namedBy = (fits: readonly Fit[], path: string): readonly Fit[] => {
  const byName = (archive: boolean): readonly Fit[] =>
    fits.filter(({ contract }) =>
      contract.filePatterns.some((pattern) => matchesFilePattern(pattern, path, archive)),
    );
  const own = byName(false);
  return own.length > 0 ? own : byName(true);
};

const judge = (path: string, fits: readonly Fit[], named: readonly Fit[]): FeedMatch => {
  if (named.length === 0) {
    const likely = fits.filter(isComplete);
    const hint =
      likely.length === 0
        ? 'Say which feed it is in schoolhouse.yaml: feeds.<feed>.files.'
        : `By its header it may be ${feedNames(likely)}. In schoolhouse.yaml, feeds.${likely.length === 1 ? feedNames(likely) : '<feed>'}.files names its files.`;
    return unmatched(path, 'No feed has a file pattern that fits this name.', hint);
  }
  const complete = named.filter(isComplete);
  const best = bestOf(complete.length > 0 ? complete : named);
  if (best === undefined) {
    const because = `Name and header fit several feeds equally: ${feedNames(named)}.`;
    return unmatched(path, because, 'Say which one it is in schoolhouse.yaml: feeds.<feed>.files.');
  }
  const { feed } = best.contract;
  const rivals = fits.filter((fit) => !named.includes(fit) && isRather(fit, best, false));
  if (rivals.length > 0) {
    const because = `Its name fits the feed ${feed}, but its header is rather that of ${feedNames(rivals)}.`;
    const hint = `Rename the file, or name it in schoolhouse.yaml: feeds.${rivals[0]?.contract.feed}.files.`;
    return unmatched(path, because, hint, feed);
  }
  if (best.header.duplicates.length > 0) return headerTwice(path, best);
  if (best.lacking.length > 0) return keyMissing(path, best);
  if (!isComplete(best)) {
    const because = `Its name fits the feed ${feed}, but none of its other columns is in the header.`;
    return unmatched(path, because, `Name them in schoolhouse.yaml: feeds.${feed}.columns.`, feed);
  }
  const verdict = judgeDrift(path, best.contract, best.header);
  const batchDate = batchDateOf(path);
  if (verdict.kind === 'rejected') {
    const { problem } = verdict;
    return { kind: 'set_aside', reason: 'feed_unmatched', feed, batchDate, problem };
  }
  const required = requiredOf(best.contract);
  return {
    kind: 'matched',
    contract: best.contract,
    header: best.header,
    batchDate,
    drift: verdict.drift,
    missingRequired: best.header.missing
      .map((missing) => missing.column)
      .filter((column) => required.has(column) && !best.contract.key.includes(column)),
  };
};

/**
 * Finds the feed of a file by its name and its header, which must agree; of several the one whose
 * header fits best, a tie being nobody's. `path` is relative to the project, with `/`.
 */
export const matchFeed = (
  contracts: readonly Contract[],
  path: string,
  header: readonly string[],
): FeedMatch => {
  const fits = contracts.map((contract) => fitOf(contract, header));
  return judge(path, fits, namedBy(fits, path));
};
