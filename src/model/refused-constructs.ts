/** A node of the engine's parse tree. */
export type Node = Readonly<Record<string, unknown>>;
/** A construct that models may not use, and what to write instead; offset in bytes. */
export type Finding = {
  readonly offset: number | undefined;
  readonly construct: string;
  readonly instead: string;
};

/** True for an object of the tree, not a list. */
export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The objects of a list. */
export const nodes = (value: unknown): readonly Node[] =>
  Array.isArray(value) ? value.filter(isNode) : [];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const clock = 'dates come from reference.run_context';
const random = 'the same input must give the same rows';
const dialect = 'engines differ in it';
const division = 'engines differ in it; use pct, mean, score_pct or int_div';

const refusedFunctions: Readonly<Record<string, string>> = {
  '/': division,
  '//': division,
  divide: division,
  fdiv: division,
  ...Object.fromEntries(
    [
      'now',
      'today',
      'get_current_time',
      'get_current_timestamp',
      'transaction_timestamp',
      'current_localtime',
      'current_localtimestamp',
      'current_date',
      'current_time',
      'current_timestamp',
    ].map((name) => [name, clock]),
  ),
  ...Object.fromEntries(
    [
      'random',
      'setseed',
      'uuid',
      'uuidv4',
      'uuidv7',
      'gen_random_uuid',
      'nextval',
      'currval',
      'txid_current',
    ].map((name) => [name, random]),
  ),
};
const clockNames = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
]);
const tableFunctions = new Set(['unnest', 'generate_series', 'range']);

/** Byte offset of a node in its query, where the parser knows it. */
export const offsetOf = (node: Node): number | undefined => {
  const at = node.query_location;
  return typeof at === 'number' && Number.isSafeInteger(at) ? at : undefined;
};

const columnName = (node: Node): string | undefined =>
  node.class === 'COLUMN_REF' && Array.isArray(node.column_names) && node.column_names.length === 1
    ? text(node.column_names[0]).toLowerCase()
    : undefined;

/** Column references of an expression that belong to this select, not to a subquery inside it. */
const ownReferences = (value: unknown): readonly Node[] => {
  if (Array.isArray(value)) return value.flatMap(ownReferences);
  if (!isNode(value) || value.class === 'SUBQUERY') return [];
  if (value.class === 'COLUMN_REF') return [value];
  return Object.values(value).flatMap(ownReferences);
};

/** Uses of an alias in the select list that defines it; `x as x` and `f(x) as x` name the column below. */
const lateralAliases = (list: readonly Node[]): readonly Finding[] => {
  const aliases = new Map<string, number>();
  list.forEach((item, index) => {
    const alias = text(item.alias).toLowerCase();
    const names = Array.isArray(item.column_names) ? item.column_names : [];
    const renames = item.class !== 'COLUMN_REF' || text(names.at(-1)).toLowerCase() !== alias;
    if (alias !== '' && renames) aliases.set(alias, index);
  });
  return list.flatMap((item, index) =>
    ownReferences(item).flatMap((reference): readonly Finding[] => {
      const name = columnName(reference);
      const defined = name === undefined ? undefined : aliases.get(name);
      if (defined === undefined || defined === index) return [];
      return [
        {
          offset: offsetOf(reference),
          construct: `the alias ${name} in the select list that defines it`,
          instead: 'compute it in a CTE of its own, or qualify the column',
        },
      ];
    }),
  );
};

const selectFindings = (select: Node): readonly Finding[] => {
  const list = nodes(select.select_list);
  const first = list[0] === undefined ? undefined : offsetOf(list[0]);
  const found: Finding[] = [...lateralAliases(list)];
  const say = (offset: number | undefined, construct: string, instead: string): void => {
    found.push({ offset, construct, instead });
  };
  if (select.aggregate_handling === 'FORCE_AGGREGATES')
    say(first, '`group by all`', 'name the columns');
  for (const group of nodes(select.group_expressions)) {
    if (group.class === 'CONSTANT')
      say(offsetOf(group), '`group by` a position', 'name the column');
  }
  if (isNode(select.qualify))
    say(offsetOf(select.qualify), '`qualify`', 'number the rows in a CTE and filter in the next');
  if (isNode(select.sample)) say(first, 'a sample', random);
  for (const modifier of nodes(select.modifiers)) {
    const on = nodes(modifier.distinct_on_targets)[0];
    if (on !== undefined) say(offsetOf(on), '`distinct on`', dialect);
  }
  return found;
};

const joinFindings = (join: Node): readonly Finding[] => {
  const offset = offsetOf(join);
  if (Array.isArray(join.using_columns) && join.using_columns.length > 0)
    return [{ offset, construct: '`using`', instead: 'write the columns after `on`' }];
  if (join.ref_type === 'NATURAL')
    return [{ offset, construct: 'a natural join', instead: 'write the columns after `on`' }];
  if (join.ref_type === 'ASOF' || join.ref_type === 'POSITIONAL')
    return [{ offset, construct: 'an asof or positional join', instead: dialect }];
  return [];
};

/** What is refused in this node alone, not below it. */
export const nodeFindings = (node: Node): readonly Finding[] => {
  const offset = offsetOf(node);
  if (node.type === 'SELECT_NODE') return selectFindings(node);
  if (node.type === 'JOIN') return joinFindings(node);
  if (node.type === 'TABLE_FUNCTION') {
    const name = isNode(node.function) ? text(node.function.function_name).toLowerCase() : '';
    return tableFunctions.has(name)
      ? []
      : [
          {
            offset,
            construct: `the table function ${name}`,
            instead: 'a model reads relations only',
          },
        ];
  }
  if (node.class === 'FUNCTION') {
    const name = text(node.function_name).toLowerCase();
    if (name === 'age' && nodes(node.children).length === 1)
      return [{ offset, construct: 'age() from today', instead: clock }];
    const why = refusedFunctions[name];
    return why === undefined ? [] : [{ offset, construct: `\`${name}\``, instead: why }];
  }
  const name = columnName(node);
  return name !== undefined && clockNames.has(name)
    ? [{ offset, construct: `\`${name}\``, instead: clock }]
    : [];
};
