import { plural, sayCount } from '../../base/index.ts';
import { type ProjectStatus, type RunStory, readStatus } from '../../run/index.ts';
import type { CommandContext } from '../command.ts';
import { formatTable } from '../format-table.ts';
import { type Output, printable } from '../output.ts';
import { ago, shortPath } from '../say.ts';

const storyLine = (story: RunStory, { toType }: Output, now: Date): string => {
  const next = toType('schoolhouse run');
  const { run_id: run, pid, command } = story;
  const step = printable(story.step);
  const at = ago(story.started_at, now);
  switch (story.kind) {
    case 'running':
      return `run ${run} works (pid ${pid}, ${command}, started ${at}): ${step}. Until it commits, readers see the last snapshot.`;
    case 'killed':
      return `run ${run} was killed at ${step} (started ${at}). Nothing of it was committed; the next run goes on: ${next}`;
    case 'failed':
      return `run ${run} stopped at ${step}: it failed (started ${at}). Nothing of it was committed; the last snapshot stays. To see why: ${next}`;
    case 'interrupted':
      return `run ${run} stopped at ${step}: it was interrupted (started ${at}). Nothing of it was committed; the next run goes on: ${next}`;
    default:
      return story.kind satisfies never;
  }
};

const lastRunLines = (
  { last_run: last, snapshot, failed_checks: failed, looked_at: looked }: ProjectStatus,
  now: Date,
): readonly string[] => {
  if (last === null || snapshot === null) return [];
  const at = ago(last.finished_at ?? last.started_at, now);
  const errors = failed.filter((check) => check.severity === 'error');
  const shown =
    last.snapshot === null
      ? `it committed no data; the tables stay as they were`
      : `it is the snapshot${snapshot.as_of === null ? '' : `, as of ${snapshot.as_of}`}`;
  return [
    `run ${last.run_id} ${last.status}, ${at}; ${shown}`,
    ...(looked === null ? [] : [`looked again ${ago(looked, now)}: nothing new`]),
    ...errors.map(
      (check) => `  failed  check ${check.name}: ${plural(check.failed_rows, 'row', 'rows')}`,
    ),
    ...failed
      .filter((check) => check.severity === 'warn')
      .map((check) => `  warning check ${check.name}: ${plural(check.failed_rows, 'row', 'rows')}`),
  ];
};

const printFeeds = async (output: Output, { feeds }: ProjectStatus, now: Date): Promise<void> => {
  if (feeds.length === 0) return;
  const rows = feeds.map((feed) => [
    feed.feed,
    feed.received_at === null ? feed.received_on : ago(feed.received_at, now),
    printable(shortPath(feed.newest_file)),
    sayCount(feed.files),
    sayCount(feed.rows),
    sayCount(feed.open),
  ]);
  await output.data(formatTable(['feed', 'newest', 'file', 'files', 'rows', 'open'], rows));
};

const printStatus = async (output: Output, status: ProjectStatus, now: Date): Promise<void> => {
  if (status.name !== null) output.talk(output.style(printable(status.name), 'bold'));
  if (status.story !== null) await output.data(storyLine(status.story, output, now));
  for (const line of lastRunLines(status, now)) await output.data(line);
  if (status.snapshot === null)
    await output.data(
      output.toType('Nothing was loaded yet. Put files into data/raw and type: schoolhouse run'),
    );
  await printFeeds(output, status, now);
  for (const file of status.set_aside) {
    await output.data(
      `set aside ${printable(shortPath(file.path))}: ${file.reason}. ${file.is}\n  ${output.toType(file.to_do)}`,
    );
  }
  const open = status.feeds.reduce((sum, feed) => sum + feed.open, 0);
  if (open > 0)
    output.talk(
      `${plural(open, 'row waits', 'rows wait')}: ${output.toType('schoolhouse quarantine list')}`,
    );
};

/** `status`: the last run, and per feed what came and what waits. */
export const run = async ({
  output,
  projectFolder,
  signal,
  effects,
}: CommandContext): Promise<number> => {
  const status = await readStatus({ projectFolder, signal }, effects);
  if (output.json) await output.data(JSON.stringify(status));
  else await printStatus(output, status, effects.now());
  return 0;
};
