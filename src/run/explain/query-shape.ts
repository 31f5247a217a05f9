/** One output column of a select: its name and the expression that makes it. */
export type SelectItem = { readonly name: string; readonly expression: string };

/** A select as far as a reader needs it: where each column comes from. */
export type SelectShape = {
  readonly items: readonly SelectItem[];
  /** What it reads, by the name under which columns are qualified: a CTE or a relation. */
  readonly sources: ReadonlyMap<string, string>;
};

/**
 * The CTEs of a model in the house style: `with a as (…), final as (…) select * from final`. One that is a
 * union has several selects; its names are those of the first.
 */
export type QueryShape = ReadonlyMap<string, readonly SelectShape[]>;

/** Comments away, strings kept. */
const withoutComments = (sql: string): string =>
  sql.replaceAll(/'(?:[^']|'')*'|--[^\n]*/g, (found) => (found.startsWith('--') ? '' : found));

/** Calls `see` with the depth of parentheses before each character outside of strings. */
const walk = (text: string, see: (sign: string, at: number, depth: number) => void): void => {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/'(?:[^']|'')*'|[\s\S]/g)) {
    if (token.length > 1) continue;
    if (token === ')') depth -= 1;
    see(token, index, depth);
    if (token === '(') depth += 1;
  }
};

const splitAtCommas = (text: string): readonly string[] => {
  const cuts: number[] = [];
  walk(text, (sign, at, depth) => {
    if (sign === ',' && depth === 0) cuts.push(at);
  });
  return [...cuts, text.length].map((end, index) =>
    text.slice(index === 0 ? 0 : (cuts[index - 1] ?? 0) + 1, end).trim(),
  );
};

/** Where a word stands outside of parentheses, from `from` on; the end of the text when it does not. */
const findWord = (text: string, word: string, from = 0): number => {
  let found = text.length;
  walk(text, (_, at, depth) => {
    if (found !== text.length || depth !== 0 || at < from) return;
    const isStart = at === 0 || /[\s)]/.test(text[at - 1] ?? '');
    if (isStart && new RegExp(`^${word}\\b`, 'i').test(text.slice(at, at + word.length + 1)))
      found = at;
  });
  return found;
};

const readItem = (text: string): SelectItem => {
  const named = /^([\s\S]*?)\s+as\s+([a-z_][a-z0-9_]*)$/i.exec(text);
  if (named !== null)
    return { name: named[2] ?? '', expression: (named[1] ?? '').replaceAll(/\s+/g, ' ').trim() };
  return { name: text.slice(text.lastIndexOf('.') + 1), expression: text };
};

const readSources = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [
      ...text.matchAll(/\b(?:from|join)\s+([a-z_][a-z0-9_.]*)(?:\s+as\s+([a-z_][a-z0-9_]*))?/gi),
    ].map(([, source = '', alias]) => [alias ?? source.slice(source.lastIndexOf('.') + 1), source]),
  );

const readSelect = (text: string): SelectShape => {
  const start = findWord(text, 'select');
  const from = findWord(text, 'from', start);
  const list = text.slice(start + 'select'.length, from).replace(/^\s*distinct\b/i, '');
  return { items: splitAtCommas(list).map(readItem), sources: readSources(text.slice(from)) };
};

/** The selects of a CTE, one or the branches of a union. */
const readSelects = (text: string): readonly SelectShape[] => {
  const end = findWord(text, 'union');
  const branch = readSelect(text.slice(0, end));
  return end === text.length
    ? [branch]
    : [branch, ...readSelects(text.slice(end).replace(/^union(\s+all)?\b/i, ''))];
};

/** Reads the CTEs of a model. A query that is written otherwise gives fewer of them, never wrong ones. */
export const readQueryShape = (sql: string): QueryShape => {
  const text = withoutComments(sql);
  const shape = new Map<string, readonly SelectShape[]>();
  const starts: { name: string; at: number }[] = [];
  walk(text, (sign, at, depth) => {
    if (depth !== 0) return;
    if (sign === '(') {
      const name = /([a-z_][a-z0-9_]*)\s+as\s*$/i.exec(text.slice(0, at))?.[1];
      if (name !== undefined) starts.push({ name, at });
    }
    const open = starts.at(-1);
    if (sign === ')' && open !== undefined && !shape.has(open.name)) {
      shape.set(open.name, readSelects(text.slice(open.at + 1, at)));
    }
  });
  return shape;
};
