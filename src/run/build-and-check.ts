import type { Contract } from '../contract/index.ts';
import type { Applied } from './apply-feeds.ts';
import { type BuildReport, buildModels } from './build/build-models.ts';
import type { Change } from './build/change.ts';
import { usualSizes } from './build/sizes.ts';
import { checkHoldings } from './check/check-holdings.ts';
import { runChecks } from './check/run-checks.ts';
import type { CheckReport } from './run-report.ts';
import { inStep, type Session } from './run-session.ts';
import { createInferred } from './stage/create-candidates.ts';
import { waitingModels } from './waiting-models.ts';

/** The relations that hold a feed of which this run staged and built every row, with the feed. */
const heldWhole = (
  { project }: Session,
  { fullFeeds }: Applied,
  changes: ReadonlyMap<string, Change>,
): ReadonlyMap<string, Contract> =>
  new Map(
    project.graph.models.flatMap(({ relation, holds }) => {
      const contract = project.contracts.find(({ feed }) => feed === holds && fullFeeds.has(feed));
      const isBuilt = changes.get(relation)?.kind === 'all';
      return contract === undefined || !isBuilt ? [] : [[relation, contract] as const];
    }),
  );

/** Brings every model up to date in the draft and runs the checks of what changed. */
export const buildAndCheck = async (
  session: Session,
  applied: Applied,
): Promise<{ report: BuildReport; checks: readonly CheckReport[] }> => {
  const { project, engine, draft, options, base, effects } = session;
  const changes = new Map<string, Change>(applied.changes);
  const models = new Map(project.graph.models.map((model) => [model.relation, model]));
  const report = await inStep(session, 'build', () =>
    buildModels(
      {
        project,
        context: {
          engine,
          draft,
          lakeFolder: project.folders.lake,
          contracts: new Map(project.contracts.map((one) => [one.feed, one])),
          fullFeeds: new Set(applied.fullFeeds),
          inferEverything: async (target) => {
            await createInferred(engine, {
              target,
              referring: project.contracts.filter((other) =>
                other.relationships.some((one) => one.feed === target.feed),
              ),
              hasRoster: applied.rosters.has(target.feed),
              whole: true,
            });
          },
          models,
          sizes: options.sizes ?? usualSizes,
          views: session.views,
          builtIn: session.builtIn,
          changes,
        },
        asOf: options.asOf,
        previousAsOf: options.fullRefresh === true ? undefined : base?.manifest.asOf,
        until: options.until ?? 'gold',
        isWaiting: waitingModels(session),
        onProgress: (event) => {
          if (event.kind === 'model') session.handle.at(event.name);
          options.onProgress?.(event);
        },
      },
      effects,
    ),
  );
  await effects.point('checks');
  const checks = await inStep(session, 'checks', () =>
    runChecks(
      {
        engine,
        draft,
        models,
        sizes: options.sizes,
        changes,
        whole: options.fullRefresh === true,
        heldWhole: heldWhole(session, applied, changes),
        onCheck: (name) => session.handle.at(name),
      },
      project.graph.checks.filter((check) =>
        check.reads.every(
          (relation) => draft.relation(relation) !== undefined || changes.has(relation),
        ),
      ),
    ),
  );
  // A failed check says more about rows that are too many.
  if (!checks.some((check) => check.severity === 'error' && check.failed_rows > 0)) {
    const waits = waitingModels(session);
    checkHoldings(
      session,
      project.graph.models.filter((model) => !waits(model)),
    );
  }
  return { report, checks };
};
