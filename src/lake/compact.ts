import type { DraftContext } from './draft-context.ts';
import type { Part, PartsRelation } from './manifest.ts';
import { rewriteParts } from './rewrite-part.ts';

export type CompactOptions = { readonly maxParts: number; readonly maxPartitions: number };

/** What was compacted: many parts of a partition became one. */
export type CompactedPartition = {
  readonly relation: string;
  readonly partition: string;
  readonly parts: number;
};

type Candidate = {
  readonly name: string;
  readonly entry: PartsRelation;
  readonly partition: string;
  readonly parts: readonly Part[];
};

const listCandidates = (context: DraftContext, maxParts: number): readonly Candidate[] => {
  const found: Candidate[] = [];
  for (const [name, entry] of context.relations) {
    if (entry.kind !== 'parts') continue;
    for (const partition of new Set(entry.parts.map((part) => part.partition))) {
      const parts = entry.parts.filter((part) => part.partition === partition);
      if (parts.length > maxParts) found.push({ name, entry, partition, parts });
    }
  }
  const place = (c: Candidate): string => `${c.name}/${c.partition}`;
  return found.sort((a, b) => b.parts.length - a.parts.length || (place(a) < place(b) ? -1 : 1));
};

/**
 * Makes one part of partitions that have more than `maxParts`, most parts first, at most `maxPartitions`
 * of them. No row changes: the count is verified, and where no sort order is declared rows keep theirs.
 */
export const compactPartitions = async (
  context: DraftContext,
  { maxParts, maxPartitions }: CompactOptions,
): Promise<readonly CompactedPartition[]> => {
  const chosen = listCandidates(context, maxParts).slice(0, maxPartitions);
  for (const { name, partition, parts } of chosen) {
    // Read again: the other chosen partition may belong to the same relation.
    const entry = context.relations.get(name);
    if (entry?.kind !== 'parts') continue;
    const [one] = await rewriteParts(context, { name, entry, parts });
    const rest = entry.parts.filter((part) => part.partition !== partition);
    context.relations.set(name, { ...entry, parts: one === undefined ? rest : [...rest, one] });
  }
  return chosen.map(({ name, partition, parts }) => ({
    relation: name,
    partition,
    parts: parts.length,
  }));
};
