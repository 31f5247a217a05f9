import type { Model } from './model.ts';

/** What somebody reads, each relation once; in place of a view what it is made of, which alone is stored and changes. */
export const storedReads = (
  reads: readonly string[],
  models: ReadonlyMap<string, Pick<Model, 'reads' | 'refresh'>>,
): readonly string[] => {
  const below = (relation: string): readonly string[] => {
    const model = models.get(relation);
    return model?.refresh.kind === 'view' ? model.reads.flatMap(below) : [relation];
  };
  return [...new Set(reads.flatMap(below))];
};
