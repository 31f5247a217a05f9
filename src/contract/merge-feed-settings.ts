import {
  type Compiled,
  closestHint,
  closestName,
  type PipelineError,
  type Place,
  pipelineError,
  problems,
} from '../base/index.ts';
import type { CheckedDraft, ColumnDraft, ContractDraft } from './contract-draft.ts';
import { contractErrors } from './errors.ts';
import type { ColumnSettings, FeedSettings } from './feed-settings.ts';

/** Where the short form of this feed stands: path below `feeds.<feed>` → place. */
export type PlaceInFeed = (path: readonly string[]) => Place;

/** Text that means null where a contract does not say it; compared with the whole trimmed cell. */
export const usualNullTokens = ['?', 'NA', 'N/A', 'null', '-', 'NaN'] as const;

const keptByType = ({
  name,
  place,
  header,
  aliases,
  required,
  privacy,
  description,
  happened,
  nullTokens,
  references,
}: ColumnDraft) => ({
  name,
  place,
  ...(header === undefined ? {} : { header }),
  ...(aliases === undefined ? {} : { aliases }),
  ...(required === undefined ? {} : { required }),
  ...(privacy === undefined ? {} : { privacy }),
  ...(description === undefined ? {} : { description }),
  ...(happened === undefined ? {} : { happened }),
  ...(nullTokens === undefined ? {} : { nullTokens }),
  ...(references === undefined ? {} : { references }),
});

/** Per key: aliases and words of a value map are added, the rest replaces. Another type begins afresh. */
const mergeColumn = (column: ColumnDraft, settings: ColumnSettings, place: Place): ColumnDraft => {
  const changesType = settings.type !== undefined && settings.type !== column.type;
  const base: ColumnDraft = changesType ? keptByType(column) : column;
  const aliases = [...(base.aliases ?? []), ...(settings.aliases ?? [])];
  const valueMap = { ...base.valueMap, ...settings.valueMap };
  return {
    ...base,
    ...settings,
    name: column.name,
    place,
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(Object.keys(valueMap).length === 0 ? {} : { valueMap }),
  };
};

/** Feed settings that stand in the contract under the same name, or under `filePatterns`. */
const feedProperties = ({ columns, valueMap, files, description, key, ...same }: FeedSettings) => ({
  ...same,
  ...(files === undefined ? {} : { filePatterns: files }),
  ...(description === undefined ? {} : { description }),
  ...(key === undefined ? {} : { key }),
});

const unknownColumn = (
  contract: ContractDraft,
  column: string,
  place: Place,
  canBeNew: boolean,
): PipelineError => {
  const names = contract.columns.map((one) => one.name);
  const near = closestName(column, names);
  const asNew = `A new column needs a type: ${column}: { header: …, type: text }.`;
  const hint =
    near !== undefined ? `Closest: ${near}.` : canBeNew ? asNew : closestHint(column, names);
  const facts = { feed: contract.feed, column };
  return pipelineError(contractErrors, 'config.unknown-column', facts, { place, hint });
};

/** The contract with the short form of schoolhouse.yaml over it. */
export const mergeFeedSettings = (
  contract: ContractDraft,
  settings: FeedSettings,
  placeOf: PlaceInFeed,
): CheckedDraft => {
  const wrong: PipelineError[] = [];
  const columns = new Map(contract.columns.map((column) => [column.name, column]));
  for (const [name, given] of Object.entries(settings.columns ?? {})) {
    const place = placeOf(['columns', name]);
    const column = columns.get(name);
    if (column !== undefined) columns.set(name, mergeColumn(column, given, place));
    else if (given.type !== undefined) columns.set(name, { ...given, name, place });
    else wrong.push(unknownColumn(contract, name, place, true));
  }
  for (const [name, valueMap] of Object.entries(settings.valueMap ?? {})) {
    const column = columns.get(name);
    const place = placeOf(['valueMap', name]);
    if (column === undefined) wrong.push(unknownColumn(contract, name, place, false));
    else columns.set(name, mergeColumn(column, { valueMap }, place));
  }
  const draft = {
    ...contract,
    ...feedProperties(settings),
    columns: [...columns.values()],
    settingsPlace: placeOf([]),
  };
  return { draft, wrong };
};

const typeOf = (name: string, settings: ColumnSettings, key: readonly string[]) => {
  if (settings.type !== undefined) return settings.type;
  if (settings.vocabulary !== undefined || settings.valueMap !== undefined) return 'code';
  return key.includes(name) || name.endsWith('_id') ? 'id' : 'text';
};

/** A feed that only the short form knows: it needs its key and columns, whose types default to text and id. */
export const newFeed = (
  feed: string,
  settings: FeedSettings,
  placeOf: PlaceInFeed,
  known: readonly string[],
): Compiled<CheckedDraft> => {
  const { key, columns } = settings;
  const place = placeOf([]);
  if (key === undefined || columns === undefined) {
    const missing = [
      ...(key === undefined ? ['key'] : []),
      ...(columns === undefined ? ['columns'] : []),
    ];
    const near = closestName(feed, known);
    return problems([
      pipelineError(
        contractErrors,
        'config.feed-incomplete',
        { feed, missing },
        {
          place,
          hint:
            near === undefined
              ? `Feeds with a contract: ${known.join(', ')}.`
              : `Closest: ${near}.`,
        },
      ),
    ]);
  }
  const drafts = Object.entries(columns).map(([name, given]) => ({
    ...given,
    name,
    type: typeOf(name, given, key),
    place: placeOf(['columns', name]),
  }));
  const empty: ContractDraft = {
    feed,
    description: '',
    version: '1.0.0',
    columns: drafts,
    key,
    rules: [],
    place,
  };
  return { kind: 'ok', value: mergeFeedSettings(empty, { ...settings, columns: {} }, placeOf) };
};
