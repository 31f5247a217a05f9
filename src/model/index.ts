export { modelErrors } from './errors.ts';
export {
  type FeedColumns,
  feedRelations,
  type InputColumn,
  type InputRelation,
} from './feed-relations.ts';
export type {
  Check,
  Fixture,
  Layer,
  Model,
  ModelColumn,
  ModelGraph,
  ModelTest,
  Refresh,
  Severity,
} from './model.ts';
export { type ReadModelsOptions, readModels } from './read-models.ts';
export {
  type Difference,
  describeDifference,
  runCheckTrip,
  runModelTest,
} from './run-model-test.ts';
export { deltaRelation } from './touched-query.ts';
