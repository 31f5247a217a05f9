import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { type Compiled, type Place, pipelineError, problems } from '../base/index.ts';
import { contractErrors } from './errors.ts';

export type Path = readonly (string | number)[];

/**
 * A tree of a user's file with the way back to its lines. Every scalar is text as written (`007`, `no`
 * and `null` stay what they are); keys without a value are left out.
 */
export type YamlSource = {
  readonly file: string;
  readonly value: unknown;
  /** Line and column of the key or value at `path`, or of the nearest thing above it that exists. */
  readonly placeOf: (path: Path, target?: 'key' | 'value') => Place;
};

/** Aliases can multiply: a tree is refused past these, long before it costs memory. */
const nodeLimit = 100_000;
const depthLimit = 64;

type Reader = { readonly document: Document.Parsed; nodes: number };

const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');

const toPlain = (node: unknown, reader: Reader, depth: number): unknown => {
  reader.nodes += 1;
  if (reader.nodes > nodeLimit || depth > depthLimit) throw new RangeError('too much');
  if (isAlias(node)) {
    const target = node.resolve(reader.document);
    if (target === undefined) throw new RangeError('unknown alias');
    return toPlain(target, reader, depth + 1);
  }
  if (isMap(node)) {
    const entries = node.items
      .map((pair) => [keyText(pair), toPlain(pair.value, reader, depth + 1)] as const)
      .filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries);
  }
  if (isSeq(node)) return node.items.map((item) => toPlain(item, reader, depth + 1) ?? '');
  if (!isScalar(node) || (node.type === 'PLAIN' && node.source === '')) return undefined;
  return String(node.value);
};

const findPair = (map: YAMLMap, step: string | number): Pair | undefined =>
  map.items.find((pair) => keyText(pair) === String(step));

const placeFinder =
  (file: string, document: Document.Parsed, lines: LineCounter) =>
  (path: Path, target: 'key' | 'value' = 'value'): Place => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const [index, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(document);
      const wantsKey = target === 'key' && index === path.length - 1;
      const pair = isMap(node) ? findPair(node, step) : undefined;
      if (pair !== undefined) {
        const key = pair.key as ParsedNode;
        const value = pair.value as ParsedNode | null;
        const isEmpty = value === null || (isScalar(value) && value.source === '');
        offset = (wantsKey || isEmpty ? key : value).range[0];
        node = pair.value;
      } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
        node = node.items[step];
        offset = (node as ParsedNode).range[0];
      } else break;
    }
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };

/** Parses one YAML document and keeps positions; every error of its syntax has its place. */
export const readYaml = (file: string, text: string): Compiled<YamlSource> => {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const placeOf = placeFinder(file, document, lines);
  if (document.errors.length > 0) {
    return problems(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return pipelineError(
          contractErrors,
          'config.yaml',
          // The library's sentence names the rule; only an alias's would quote the text.
          { rule: error.message.split('\n')[0]?.replace(/:? ".*$/s, '') ?? error.code },
          { place: { file, line, column: col } },
        );
      }),
    );
  }
  try {
    const value = toPlain(document.contents, { document, nodes: 0 }, 0) ?? {};
    return { kind: 'ok', value: { file, value, placeOf } };
  } catch (cause) {
    const facts = { rule: 'its aliases are unknown, or make it too large' };
    return problems([
      pipelineError(contractErrors, 'config.yaml', facts, { place: placeOf([]), cause }),
    ]);
  }
};

/** What stands at `path` in a plain tree, or undefined. */
export const valueAt = (tree: unknown, path: Path): unknown => {
  let value = tree;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, String(step))?.value;
  }
  return value;
};
