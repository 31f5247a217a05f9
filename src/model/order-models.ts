/** What ordering needs to know of a model. */
export type Ordered = { readonly relation: string; readonly reads: readonly string[] };

/** A circle among `left`, each model named once and the first again at the end. */
const findCircle = (left: readonly Ordered[]): readonly string[] => {
  const byName = new Map(left.map((model) => [model.relation, model]));
  const path: string[] = [];
  let current = left[0];
  while (current !== undefined) {
    const seen = path.indexOf(current.relation);
    if (seen >= 0) return [...path.slice(seen), current.relation];
    path.push(current.relation);
    const next = current.reads.find((name) => byName.has(name));
    current = next === undefined ? undefined : byName.get(next);
  }
  return path;
};

/**
 * The models so that each comes after what it reads; among the free ones the given order decides.
 * Returns the circle instead when there is one.
 */
export const orderModels = <M extends Ordered>(
  models: readonly M[],
):
  | { readonly kind: 'ordered'; readonly models: readonly M[] }
  | { readonly kind: 'circle'; readonly relations: readonly string[] } => {
  const ordered: M[] = [];
  let left = [...models];
  while (left.length > 0) {
    const waiting = new Set(left.map((model) => model.relation));
    const next = left.find((model) => !model.reads.some((name) => waiting.has(name)));
    if (next === undefined) return { kind: 'circle', relations: findCircle(left) };
    ordered.push(next);
    left = left.filter((model) => model !== next);
  }
  return { kind: 'ordered', models: ordered };
};
