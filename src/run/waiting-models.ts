import type { Model } from '../model/index.ts';
import type { Session } from './run-session.ts';

type Limited = Pick<Session, 'options' | 'project'>;

const stagedFeeds = (model: Model): readonly string[] =>
  model.reads
    .filter((relation) => relation.startsWith('staging.'))
    .map((relation) => relation.slice('staging.'.length).replace(/_(versions|inferred)$/, ''));

/** With `--only`, models that read other feeds' staging wait, and so do those above them. */
export const waitingModels = ({ options, project }: Limited): ((model: Model) => boolean) => {
  const { only } = options;
  if (only === undefined) return () => false;
  const waiting = new Set<string>();
  for (const model of project.graph.models) {
    const isOther = stagedFeeds(model).some((feed) => !only.includes(feed));
    if (isOther || model.reads.some((relation) => waiting.has(relation)))
      waiting.add(model.relation);
  }
  return (model) => waiting.has(model.relation);
};

/** Feeds whose new rows every model that reads them gets in this run: the next one need not apply them again. */
export const settledFeeds = (session: Limited): ReadonlySet<string> => {
  const { options, project } = session;
  const feeds = project.contracts.map((contract) => contract.feed);
  const { only } = options;
  if (only === undefined) return new Set(feeds);
  const waits = waitingModels(session);
  const unsettled = new Set(project.graph.models.filter(waits).flatMap(stagedFeeds));
  return new Set(feeds.filter((feed) => only.includes(feed) && !unsettled.has(feed)));
};
