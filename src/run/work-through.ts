import { applyDiscards } from './apply-discards.ts';
import { applyFeeds } from './apply-feeds.ts';
import type { BuildReport } from './build/build-models.ts';
import { buildAndCheck } from './build-and-check.ts';
import { commitRun } from './commit-run.ts';
import { isApplied, isBehind } from './is-behind.ts';
import { ledgerNames } from './ledger/ledger.ts';
import type { AsideFile } from './load/load-files.ts';
import { refreshWarehouse } from './refresh-warehouse.ts';
import { replayRecords } from './replay-records.ts';
import { hasFilesAside, reportRun } from './report-run.ts';
import type { RunReport } from './run-report.ts';
import { inStep, type Session } from './run-session.ts';
import { type Intake, readFileIds, takeIn } from './take-in.ts';
import { warnOfProject } from './warn-project.ts';

const nothingBuilt: BuildReport = { models: [], asOf: null };

/** An as-of that was asked for once does not stay: the next run without the flag finds it again. */
const isAsOfMoved = ({ options, base, wasAsOfAsked }: Session): boolean =>
  options.asOf === undefined ? wasAsOfAsked : options.asOf !== base?.manifest.asOf;

/** True while nothing was ever loaded and no table stands: then no table is behind. */
const isBare = ({ base, book }: Session): boolean =>
  Object.keys(base?.manifest.relations ?? {}).every((name) => ledgerNames.includes(name)) &&
  [...book.rows().values()].every((row) => row.status !== 'loaded');

/** True when the tables may have to change; files that were all set aside change none. */
const hasData = (session: Session, intake: Intake, aside: readonly AsideFile[]): boolean =>
  intake.loaded.length > aside.length ||
  intake.skipped.length > 0 ||
  (intake.replayed?.tried ?? 0) > 0 ||
  // A pointer that was lost or damaged is put right by a commit.
  (session.base?.warnings.length ?? 0) > 0 ||
  (!isBare(session) && (!isApplied(session) || isBehind(session) || isAsOfMoved(session)));

/** New files, and what `quarantine replay` asks for; records that were discarded stay out. */
const takeInAll = async (session: Session): Promise<Intake> => {
  const intake = await takeIn(session);
  await applyDiscards(session, intake.loaded);
  await warnOfProject(session, intake.loaded);
  const { replay } = session.options;
  if (replay === undefined) return intake;
  const replayed = await inStep(session, 'replay', () =>
    replayRecords(session, replay, new Set(readFileIds(intake))),
  );
  return { ...intake, replayed };
};

/** What a run does between its lock and its end: nothing where there is nothing to do. */
export const workThrough = async (session: Session, startedAt: Date): Promise<RunReport> => {
  const intake = await takeInAll(session);
  const { project, base, effects } = session;
  const mayHaveData = hasData(session, intake, []);
  if (!mayHaveData && intake.aside.length === 0) {
    if (base !== undefined) await refreshWarehouse(project.folders.data, base, effects);
    const hasAside = hasFilesAside(session, intake);
    return reportRun(session, {
      intake,
      applied: undefined,
      models: [],
      checks: [],
      status: hasAside ? 'data' : 'nothing',
      asOf: base?.manifest.asOf ?? null,
      snapshot: null,
      startedAt,
    });
  }
  const unbuilt = {
    ...{ intake, applied: undefined, checks: [], startedAt },
    report: { ...nothingBuilt, asOf: base?.manifest.asOf ?? null },
  };
  if (!mayHaveData || session.options.until === 'bronze')
    return commitRun(session, { ...unbuilt, hasData: mayHaveData });
  const applied = await applyFeeds(session, intake.loaded);
  if (!hasData(session, intake, applied.aside))
    return commitRun(session, { ...unbuilt, applied, hasData: false });
  const { report, checks } = await buildAndCheck(session, applied);
  return commitRun(session, { intake, applied, report, checks, hasData: true, startedAt });
};
