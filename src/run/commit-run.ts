import { collectGarbage } from '../lake/index.ts';
import type { Applied } from './apply-feeds.ts';
import type { BuildReport } from './build/build-models.ts';
import { isApplied, isBehind } from './is-behind.ts';
import { ledgerNames } from './ledger/ledger.ts';
import { refreshWarehouse } from './refresh-warehouse.ts';
import { hasFilesAside, reportRun } from './report-run.ts';
import type { CheckReport, RunReport } from './run-report.ts';
import { inStep, type Session } from './run-session.ts';
import type { Intake } from './take-in.ts';
import { settledFeeds } from './waiting-models.ts';
import { writeLedger } from './write-ledger.ts';

/** What a run did, to be committed. */
export type Done = {
  readonly intake: Intake;
  readonly applied: Applied | undefined;
  readonly report: BuildReport;
  readonly checks: readonly CheckReport[];
  /** False when every new file was set aside: what is told of them is committed, and no data. */
  readonly hasData: boolean;
  readonly startedAt: Date;
};

/** Without data only what is told about the run is committed. */
const revertData = ({ draft }: Session): void => {
  for (const name of draft.names()) if (!ledgerNames.includes(name)) draft.revert(name);
};

/** True when every table agrees with what it is built from: also after a run of some feeds that left none behind. */
const isComplete = (session: Session, { applied }: Done): boolean => {
  const { until = 'gold', only } = session.options;
  if (until === 'gold' && only === undefined) return true;
  return applied !== undefined && isApplied(session, settledFeeds(session)) && !isBehind(session);
};

/** Writes the ledger and commits: everything, or without data or after a failed check only what is told about the run. */
export const commitRun = async (session: Session, facts: Done): Promise<RunReport> => {
  const { draft, base, project, effects, book, handle } = session;
  const failed = facts.checks.filter(
    (check) => check.severity === 'error' && check.failed_rows > 0,
  );
  const isSound = failed.length === 0;
  const isData = isSound && facts.hasData;
  const hasAside = hasFilesAside(session, facts.intake);
  const status = isSound && !hasAside ? 'ok' : 'data';
  const asOf = isData ? facts.report.asOf : (base?.manifest.asOf ?? null);
  return inStep(session, 'commit', async () => {
    if (isSound) book.verify();
    if (isData) await draft.compact({ maxParts: 8, maxPartitions: 2 });
    else revertData(session);
    await writeLedger(session, {
      intake: facts.intake,
      applied: isData ? facts.applied : undefined,
      models: isData ? facts.report.models : [],
      checks: facts.checks,
      status,
      startedAt: facts.startedAt,
      asOf,
      errorCode: isSound ? null : 'run.checks-failed',
      isSound,
      isData,
    });
    const manifest = await draft.commit({
      asOf,
      kind: isData ? 'data' : 'ledger',
      complete: isData ? isComplete(session, facts) : (base?.manifest.complete ?? false),
      committedAt: effects.now().toISOString(),
    });
    const snapshot = { manifest, lakeFolder: project.folders.lake, warnings: [] };
    await refreshWarehouse(project.folders.data, snapshot, effects);
    await collectGarbage(
      project.folders.lake,
      {
        keep: project.config.settings['lake.keep'],
        graceDays: project.config.settings['lake.grace_days'],
        run: handle.run,
      },
      effects,
    );
    return reportRun(session, {
      ...facts,
      models: facts.report.models,
      status,
      asOf,
      snapshot: isData ? handle.run : null,
    });
  });
};
