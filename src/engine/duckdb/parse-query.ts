import type { ParsedQuery, Reference } from '../engine.ts';

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Collects base tables below `value`; a CTE hides its name from its own query on. */
const collect = (value: unknown, hidden: ReadonlySet<string>, found: Reference[]): void => {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, hidden, found);
    return;
  }
  if (!isNode(value)) return;
  let inside = hidden;
  const cteMap = value.cte_map;
  if (isNode(cteMap) && Array.isArray(cteMap.map)) {
    const names = new Set(hidden);
    for (const entry of cteMap.map as readonly Node[]) {
      collect(entry.value, names, found);
      names.add(String(entry.key).toLowerCase());
    }
    inside = names;
  }
  if (value.type === 'BASE_TABLE' && typeof value.table_name === 'string') {
    const schema = typeof value.schema_name === 'string' ? value.schema_name : '';
    const isCte = schema === '' && inside.has(value.table_name.toLowerCase());
    if (!isCte) {
      const at = value.query_location;
      found.push({
        schema,
        name: value.table_name,
        offset: typeof at === 'number' && at < Number.MAX_SAFE_INTEGER ? at : undefined,
      });
    }
  }
  for (const [key, child] of Object.entries(value))
    if (key !== 'cte_map') collect(child, inside, found);
};

/** Reads the JSON that `json_serialize_sql` gives for one statement. */
export const readParsed = (json: string): ParsedQuery => {
  const tree: unknown = JSON.parse(json);
  if (!isNode(tree)) return { kind: 'error', reason: 'no statement', offset: undefined };
  if (tree.error === true) {
    const position = Number(tree.position);
    return {
      kind: 'error',
      reason: String(tree.error_type) === 'not implemented' ? 'it is not a SELECT' : 'syntax error',
      offset: Number.isFinite(position) ? position : undefined,
    };
  }
  const statements = tree.statements;
  if (!Array.isArray(statements) || statements.length !== 1) {
    return { kind: 'error', reason: 'it must be exactly one SELECT', offset: undefined };
  }
  const found: Reference[] = [];
  collect(statements[0], new Set(), found);
  return { kind: 'select', references: found, tree: statements[0] };
};
