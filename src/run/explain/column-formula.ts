import type { QueryShape, SelectShape } from './query-shape.ts';

/** How a column is made: its expression, and those of the columns in it, down to other relations. */
export type FormulaLine = {
  /** `attendance.present_units`, as the line above names it. */
  readonly name: string;
  readonly expression: string;
  readonly depth: number;
};

export type Formula = {
  readonly lines: readonly FormulaLine[];
  /** Columns of other relations that it comes from: `silver.student_day.counted_units`. */
  readonly upstream: readonly string[];
};

const keywords = new Set(
  'and or not null is in as case when then else end between like distinct over partition by order rows date interval cast true false filter where exists select from desc asc nulls first last preceding following current row unbounded bigint integer smallint tinyint hugeint double time varchar decimal timestamp boolean'.split(
    ' ',
  ),
);

type Name = { readonly source: string | undefined; readonly column: string };

/** The columns that an expression names; function names and strings are none. */
const namesIn = (expression: string): readonly Name[] => {
  const plain = expression.replaceAll(/'(?:[^']|'')*'/g, '');
  const found = new Map<string, Name>();
  for (const [whole, source, column = ''] of plain.matchAll(
    /(?:\b([a-z_][a-z0-9_]*)\.)?\b([a-z_][a-z0-9_]*)\b(?!\s*[(.])/gi,
  )) {
    if (source === undefined && keywords.has(column.toLowerCase())) continue;
    found.set(whole, { source, column });
  }
  return [...found.values()];
};

const sourceOf = (select: SelectShape, { source }: Name): string | undefined => {
  if (source !== undefined) return select.sources.get(source);
  return select.sources.size === 1 ? [...select.sources.values()][0] : undefined;
};

const maxDepth = 6;

/** Follows a column of the CTE `final` through the CTEs of its model. Undefined when the model is written otherwise. */
export const columnFormula = (shape: QueryShape, column: string): Formula | undefined => {
  const lines: FormulaLine[] = [];
  const upstream = new Set<string>();
  const seen = new Set<string>();
  const followItem = (
    { cte, name, depth }: { readonly cte: string; readonly name: string; readonly depth: number },
    { select, expression }: { readonly select: SelectShape; readonly expression: string },
  ): void => {
    const isPassedOn = /^(?:[a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/i.test(expression);
    if (depth === 0 || !isPassedOn) lines.push({ name, expression, depth });
    for (const used of namesIn(expression)) {
      const source = sourceOf(select, used);
      if (source === undefined || source === cte) continue;
      if (source.includes('.')) upstream.add(`${source}.${used.column}`);
      else follow(source, used.column, isPassedOn && depth > 0 ? depth : depth + 1);
    }
  };
  const follow = (cte: string, wanted: string, depth: number): void => {
    const selects = shape.get(cte) ?? [];
    const place = selects[0]?.items.findIndex((one) => one.name === wanted) ?? -1;
    const key = `${cte}.${wanted}`;
    if (place < 0 || depth > maxDepth || seen.has(key)) return;
    seen.add(key);
    for (const select of selects) {
      const expression = select.items[place]?.expression;
      const name = depth === 0 ? wanted : key;
      if (expression !== undefined) followItem({ cte, name, depth }, { select, expression });
    }
  };
  follow('final', column, 0);
  return lines.length === 0 ? undefined : { lines, upstream: [...upstream].sort() };
};

/** The only column that a formula passes on as it is, such as the one of a view over a model. */
const passedOn = ({ lines, upstream }: Formula): string | undefined =>
  lines.every(({ expression }) => /^[a-z_][a-z0-9_.]*$/i.test(expression)) && upstream.length === 1
    ? upstream[0]
    : undefined;

/** The formula of a column and, where it only passes on a column of another relation, of that one below it. */
export const leadOn = (
  formula: Formula,
  formulaOf: (qualified: string) => Formula | undefined,
): Formula => {
  const source = passedOn(formula);
  const below = source === undefined ? undefined : formulaOf(source);
  if (source === undefined || below === undefined) return formula;
  const { lines, upstream } = leadOn(below, formulaOf);
  const told = lines.map((line) =>
    line.depth === 0 ? { ...line, name: source, depth: 1 } : { ...line, depth: line.depth + 1 },
  );
  return { lines: [...formula.lines, ...told], upstream };
};
