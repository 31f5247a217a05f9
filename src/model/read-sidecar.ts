import { type Document, isMap, isNode, isPair, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { closestHint, type PipelineError, type Place, pipelineError } from '../base/index.ts';
import { modelErrors } from './errors.ts';

type Path = readonly PropertyKey[];

/** A sidecar that was read: its value, and where each of its entries stands in the file. */
export type Sidecar<T> = {
  readonly value: T;
  /** Place of the entry at `path`, or of the nearest entry above it. */
  readonly placeOf: (path: Path) => Place;
};

const keysOf: Readonly<Record<string, readonly string[]>> = {
  '': [
    'grain',
    'description',
    'key',
    'refresh',
    'by',
    'touched',
    'partition_by',
    'sort_by',
    'holds',
    'policy',
    'columns',
    'checks',
    'tests',
  ],
  columns: ['is', 'type', 'unit', 'privacy', 'happened'],
  checks: ['severity', 'why', 'fix', 'by', 'sql', 'trips'],
  tests: ['name', 'given', 'expect'],
};

/** The start of the key (in a map) or the item (in a list) that `path` names. */
const offsetOf = (document: Document, path: Path): number => {
  for (let length = path.length; length > 0; length -= 1) {
    const parent =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isPair(item) && isNode(item.key) && String(item.key) === String(last),
      );
      if (pair !== undefined && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
};

/**
 * Reads one YAML file against a schema. Every problem has its line and column; the schema's
 * value is undefined when there is one.
 */
export const readSidecar = <S extends z.ZodType>(
  schema: S,
  { file, text, model }: { readonly file: string; readonly text: string; readonly model: string },
): {
  readonly sidecar: Sidecar<z.output<S>> | undefined;
  readonly found: readonly PipelineError[];
} => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problem = (where: string, what: string, place: Place, hint?: string): PipelineError =>
    pipelineError(
      modelErrors,
      'model.sidecar',
      { model, at: where, problem: what },
      { place, hint },
    );
  if (document.errors.length > 0) {
    return {
      sidecar: undefined,
      found: document.errors.map((error) =>
        problem('the YAML itself', error.code.toLowerCase().replaceAll('_', ' '), at(error.pos[0])),
      ),
    };
  }
  const placeOf = (path: Path): Place => at(offsetOf(document, path));
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return { sidecar: { value: parsed.data, placeOf }, found: [] };
  return {
    sidecar: undefined,
    found: parsed.error.issues.flatMap((issue) => {
      const where = issue.path.map(String).join('.');
      if (issue.code !== 'unrecognized_keys') {
        const what = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
        return [problem(where === '' ? 'its top level' : where, what, placeOf(issue.path))];
      }
      return issue.keys.map((key) =>
        problem(
          where === '' ? 'its top level' : where,
          `unknown key ${key}`,
          placeOf([...issue.path, key]),
          closestHint(key, keysOf[String(issue.path[0] ?? '')] ?? []),
        ),
      );
    }),
  };
};
