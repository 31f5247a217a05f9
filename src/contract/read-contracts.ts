import { join } from 'node:path';
import {
  type Compiled,
  closestHint,
  type Effects,
  type PipelineError,
  pipelineError,
  problems,
} from '../base/index.ts';
import type { Contract } from './contract.ts';
import type { CheckedDraft, ContractDraft } from './contract-draft.ts';
import { contractErrors } from './errors.ts';
import { finishContract } from './finish-contract.ts';
import { mergeFeedSettings, newFeed, type PlaceInFeed } from './merge-feed-settings.ts';
import type { ProjectConfig } from './project-config.ts';
import { readOdcs } from './read-odcs.ts';
import { projectPolicies } from './resolve-policies.ts';
import { namePattern } from './text-shapes.ts';
import { readYaml } from './yaml-source.ts';

export type ContractFolders = {
  /** Folder of the contracts that come with the program. */
  readonly builtInFolder: string;
  readonly projectFolder: string;
  readonly config: ProjectConfig;
};

const extension = '.odcs.yaml';

type ReadFile = { readonly feed: string; readonly draft: Compiled<ContractDraft> };

const fileNameProblem = (shown: string): PipelineError =>
  pipelineError(
    contractErrors,
    'contract.file-name',
    { expected: `<feed>${extension}, the feed in small letters, digits and _` },
    { place: { file: shown } },
  );

/** Contracts of one folder; `shown` is the folder as messages name it. */
const readFolder = async (
  folder: string,
  shown: string,
  effects: Pick<Effects, 'fs'>,
): Promise<readonly ReadFile[]> => {
  const found: ReadFile[] = [];
  for (const name of await effects.fs.list(folder)) {
    if (name.startsWith('.') || !/\.ya?ml$/i.test(name)) continue;
    const file = `${shown}/${name}`;
    const feed = name.endsWith(extension) ? name.slice(0, -extension.length) : '';
    const facts = await effects.fs.stat(join(folder, name));
    if (!namePattern.test(feed)) {
      found.push({ feed: name, draft: problems([fileNameProblem(file)]) });
    } else if (facts?.kind !== 'file') {
      const place = { file };
      const unread = pipelineError(contractErrors, 'contract.unread', {}, { place });
      found.push({ feed, draft: problems([unread]) });
    } else {
      const source = readYaml(file, await effects.fs.readText(join(folder, name)));
      found.push({ feed, draft: source.kind === 'ok' ? readOdcs(source.value, feed) : source });
    }
  }
  return found;
};

const withShortForms = (
  drafts: ReadonlyMap<string, Compiled<ContractDraft>>,
  config: ProjectConfig,
): readonly Compiled<CheckedDraft>[] => {
  const known = [...drafts].map(([feed, draft]): Compiled<CheckedDraft> => {
    const settings = config.feeds[feed];
    if (draft.kind === 'problems') return draft;
    return settings === undefined
      ? { kind: 'ok', value: { draft: draft.value, wrong: [] } }
      : { kind: 'ok', value: mergeFeedSettings(draft.value, settings, placeIn(feed, config)) };
  });
  const added = Object.entries(config.feeds)
    .filter(([feed]) => !drafts.has(feed))
    .map(([feed, settings]) => newFeed(feed, settings, placeIn(feed, config), [...drafts.keys()]));
  return [...known, ...added];
};

const placeIn =
  (feed: string, config: ProjectConfig): PlaceInFeed =>
  (path) =>
    config.source.placeOf(['feeds', feed, ...path], 'key');

/** References to feeds and columns that no contract has. */
const referenceProblems = (contracts: readonly Contract[]): readonly PipelineError[] =>
  contracts.flatMap(({ feed, relationships, place }) =>
    relationships.flatMap((reference) => {
      const target = contracts.find((other) => other.feed === reference.feed);
      if (target?.columns.some((column) => column.name === reference.toColumn)) return [];
      const name = `${reference.feed}.${reference.toColumn}`;
      const keys = contracts.flatMap((other) => other.key.map((key) => `${other.feed}.${key}`));
      return [
        pipelineError(
          contractErrors,
          'contract.no-such-feed',
          { feed, column: reference.column, target: name },
          { place, hint: closestHint(name, keys) },
        ),
      ];
    }),
  );

/** Feeds whose members others refer to, and whose rows go with their file. */
const replacedMembers = (contracts: readonly Contract[]): readonly PipelineError[] =>
  contracts.flatMap(({ feed, loadStrategy, place }) => {
    const by = contracts
      .filter((other) => other.feed !== feed)
      .filter((other) => other.relationships.some((reference) => reference.feed === feed))
      .map((other) => other.feed);
    if (loadStrategy !== 'replaceBatch' || by.length === 0) return [];
    const hint = `Write loadStrategy: upsert; who left is told by enrollment_status, or by who is missing.`;
    return [
      pipelineError(contractErrors, 'contract.members-replaced', { feed, by }, { place, hint }),
    ];
  });

/**
 * The contracts of a project, by feed name: those that come with the program, those of the project's
 * `contracts/` (which replace them by name), and the short forms of schoolhouse.yaml over both.
 */
export const readContracts = async (
  { builtInFolder, projectFolder, config }: ContractFolders,
  effects: Pick<Effects, 'fs'>,
): Promise<Compiled<readonly Contract[]>> => {
  const builtIn = await readFolder(builtInFolder, 'schoolhouse/contracts', effects);
  const own = await readFolder(join(projectFolder, 'contracts'), 'contracts', effects);
  const drafts = new Map([...builtIn, ...own].map(({ feed, draft }) => [feed, draft]));
  const policies = projectPolicies(config);
  const finished = withShortForms(drafts, config).map((merged) =>
    merged.kind === 'ok' ? finishContract(merged.value, policies) : merged,
  );
  const contracts = finished
    .flatMap((one) => (one.kind === 'ok' ? [one.value] : []))
    .sort((a, b) => (a.feed < b.feed ? -1 : 1));
  const wrong = finished.flatMap((one) => (one.kind === 'problems' ? one.problems : []));
  // References are judged when all contracts stand: one that does not would seem missing.
  const all =
    wrong.length > 0 ? wrong : [...referenceProblems(contracts), ...replacedMembers(contracts)];
  return all.length > 0 ? problems(all) : { kind: 'ok', value: contracts };
};
