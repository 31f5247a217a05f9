export { modelErrors } from './errors.ts';
export type { FeedColumns, InputColumn, InputRelation } from './feed-relations.ts';
export type { Check, Model, ModelGraph } from './model.ts';
export { type ReadModelsOptions, readModels } from './read-models.ts';
export { describeDifference, runCheckTrip, runModelTest } from './run-model-test.ts';
export { storedReads } from './stored-reads.ts';
export { deltaRelation } from './touched-query.ts';
