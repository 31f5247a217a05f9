import { join } from 'node:path';
import {
  closestHint,
  type Effects,
  type PipelineError,
  pipelineError,
  quoteText,
  sql,
} from '../base/index.ts';
import { type Contract, readContracts, readProjectConfig } from '../contract/index.ts';
import type { Engine } from '../engine/index.ts';
import { readSnapshot, relationQuery } from '../lake/index.ts';
import { runErrors } from './errors.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import type { Project } from './open-project.ts';
import { rowReasonCodes } from './reasons.ts';
import type { ReplayFilter, RunOptions } from './run-options.ts';

type Asked = Pick<ReplayFilter, 'feed' | 'reason'>;

const unknownFeed = (feed: string, contracts: readonly Contract[]): readonly PipelineError[] => {
  const feeds = contracts.map((contract) => contract.feed);
  if (feeds.includes(feed)) return [];
  return [
    pipelineError(runErrors, 'run.unknown-feed', { feed }, { hint: closestHint(feed, feeds) }),
  ];
};

/** Codes that a row may be refused with: the usual ones, and those that the contracts bring. */
const reasonsOf = (contracts: readonly Contract[]): readonly string[] => [
  ...new Set([
    ...rowReasonCodes,
    ...contracts.flatMap(({ rules, columns }) => [
      ...rules.map((rule) => rule.code),
      ...columns.flatMap((column) => Object.values(column.codes)),
    ]),
  ]),
];

const unknownReason = (
  reason: string,
  contracts: readonly Contract[],
): readonly PipelineError[] => {
  const reasons = reasonsOf(contracts);
  if (reasons.includes(reason)) return [];
  const hint = closestHint(reason, reasons);
  return [pipelineError(runErrors, 'quarantine.unknown-reason', { reason }, { hint })];
};

const unknownIn = (contracts: readonly Contract[], { feed, reason }: Asked) => [
  ...(feed === undefined ? [] : unknownFeed(feed, contracts)),
  ...(reason === undefined ? [] : unknownReason(reason, contracts)),
];

/** True when a record was ever refused so, by a contract that may be gone. */
const wasRefused = async (
  engine: Engine,
  project: Project,
  { feed, reason }: Asked,
  effects: Effects,
): Promise<boolean> => {
  const snapshot = await readSnapshot(project.folders.lake, {}, effects);
  const { relation } = ledgerRelations.quarantine;
  if (snapshot?.manifest.relations[relation] === undefined) return false;
  const ofFeed = feed === undefined ? sql`true` : sql`feed = ${quoteText(feed)}`;
  const ofReason =
    reason === undefined
      ? sql`true`
      : sql`list_contains(list_transform(reasons, r -> r.code), ${quoteText(reason)})`;
  const [found] = await engine.rows(
    sql`select count(*) as n from (${relationQuery(snapshot, relation)}) where ${ofFeed} and ${ofReason}`,
  );
  return Number(found?.n ?? 0) > 0;
};

/** Names that were typed for a run and that nothing has: feeds of `--only`, feed and reason of a replay. */
export const unknownNames = async (
  { engine, project }: { readonly engine: Engine; readonly project: Project },
  { only = [], replay = {} }: Pick<RunOptions, 'only' | 'replay'>,
  effects: Effects,
): Promise<readonly PipelineError[]> => {
  const { contracts } = project;
  const ofOnly = only.flatMap((feed) => unknownFeed(feed, contracts));
  const ofReplay = unknownIn(contracts, replay);
  if (ofReplay.length === 0 || (await wasRefused(engine, project, replay, effects))) return ofOnly;
  return [...ofOnly, ...ofReplay];
};

/**
 * What of a filter of the quarantine no contract has; for one that no record fits. Nothing while the project's
 * own files cannot be read: that is not what was asked.
 */
export const unknownInFilter = async (
  {
    projectFolder,
    packageFolder,
  }: { readonly projectFolder: string; readonly packageFolder: string },
  filter: Asked,
  effects: Effects,
): Promise<readonly PipelineError[]> => {
  const config = await readProjectConfig(projectFolder, effects);
  if (config.kind === 'problems') return [];
  const contracts = await readContracts(
    { builtInFolder: join(packageFolder, 'contracts'), projectFolder, config: config.value },
    effects,
  );
  return contracts.kind === 'problems' ? [] : unknownIn(contracts.value, filter);
};
