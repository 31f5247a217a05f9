import { decodeText } from './decode-text.ts';
import type { TextEncoding } from './scan.ts';
import { readString, type StringFound } from './scan-json-string.ts';

/** More open brackets than this refuse the file. */
export const depthLimit = 64;

/** One JSON value, an object's members flattened; one object serves a whole scan. */
export type JsonFound = StringFound & {
  isObject: boolean;
  names: string[];
  /** Text of each member; null for JSON null. Numbers keep their text, arrays become compact JSON. */
  values: (string | null)[];
  hasDuplicate: boolean;
};

export const emptyJsonFound = (): JsonFound => ({
  text: '',
  end: 0,
  hasControl: false,
  isUndecodable: false,
  isObject: false,
  names: [],
  values: [],
  hasDuplicate: false,
});

export type JsonBytes = {
  readonly bytes: Buffer;
  readonly end: number;
  /** True when nothing follows `end`. */
  readonly isLast: boolean;
  readonly encoding: TextEncoding;
  /** Brackets open around the value. */
  readonly depth: number;
};

/** `invalid`: the grammar breaks at `found.end`. */
export type JsonOutcome = 'value' | 'more' | 'invalid' | 'too-deep';

type State = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'after';

/** An open object or array, and what its members are called. */
type Level = { readonly isArray: boolean; readonly prefix: string; readonly keys: Set<string> };

type Reading = {
  readonly input: JsonBytes;
  readonly found: JsonFound;
  readonly levels: Level[];
  readonly emitted: Set<string>;
  state: State;
  at: number;
  /** Name of the member whose value comes next. */
  name: string;
  /** Levels that were open when the outermost inner array opened, or -1; and where it began. */
  arrayLevel: number;
  arrayStart: number;
};

export const isBlankByte = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** JSON text without white space outside strings. */
const compact = (bytes: Buffer, from: number, to: number, encoding: TextEncoding): string => {
  const pieces: Buffer[] = [];
  let piece = from;
  let isString = false;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === 0x22) isString = !isString;
    else if (isString && byte === 0x5c) at += 1;
    else if (!isString && isBlankByte(byte)) {
      if (at > piece) pieces.push(bytes.subarray(piece, at));
      piece = at + 1;
    }
  }
  pieces.push(bytes.subarray(piece, to));
  return decodeText(
    pieces.length === 1 ? bytes.subarray(piece, to) : Buffer.concat(pieces),
    encoding,
  );
};

const emit = (reading: Reading, value: string | null): void => {
  const { found, name, emitted } = reading;
  if (emitted.has(name)) found.hasDuplicate = true;
  emitted.add(name);
  found.names.push(name);
  found.values.push(value);
};

const isNumberPart = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 48 && byte <= 57) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x65 ||
    byte === 0x45);

const numberShape = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const literals = ['true', 'false', 'null'] as const;

/** Reads a number or literal at `reading.at`; undefined when the bytes end too early, null when it is neither. */
const readScalar = ({ input, at }: Reading): string | undefined | null => {
  const { bytes, end, isLast } = input;
  let to = at;
  if (isNumberPart(bytes[at])) {
    while (to < end && isNumberPart(bytes[to])) to += 1;
    if (to >= end && !isLast) return undefined;
    const text = bytes.toString('latin1', at, to);
    return numberShape.test(text) ? text : null;
  }
  const first = bytes[at];
  const literal = literals.find((word) => word.charCodeAt(0) === first);
  if (literal === undefined) return null;
  to = at + literal.length;
  const text = bytes.toString('latin1', at, Math.min(to, end));
  if (to > end) return !isLast && literal.startsWith(text) ? undefined : null;
  return text === literal ? literal : null;
};

const open = (reading: Reading, isArray: boolean): JsonOutcome | undefined => {
  const { levels, input } = reading;
  if (levels.length + input.depth >= depthLimit) return 'too-deep';
  const isInArray = reading.arrayLevel >= 0;
  if (isArray && !isInArray) {
    reading.arrayLevel = levels.length;
    reading.arrayStart = reading.at;
  }
  const prefix = levels.length === 0 || isInArray ? '' : `${reading.name}_`;
  levels.push({ isArray, prefix, keys: new Set() });
  if (levels.length === 1) reading.found.isObject = !isArray;
  reading.state = isArray ? 'value-or-end' : 'key-or-end';
  reading.at += 1;
  return undefined;
};

const close = (reading: Reading, isArray: boolean): JsonOutcome | undefined => {
  const { levels } = reading;
  if (levels.at(-1)?.isArray !== isArray) return 'invalid';
  levels.pop();
  reading.at += 1;
  if (reading.arrayLevel === levels.length) {
    reading.arrayLevel = -1;
    const { bytes, encoding } = reading.input;
    if (levels.length > 0) emit(reading, compact(bytes, reading.arrayStart, reading.at, encoding));
  }
  reading.state = 'after';
  return undefined;
};

const readText = (reading: Reading): JsonOutcome | undefined => {
  const { input, found } = reading;
  const range = { from: reading.at + 1, end: input.end, isLast: input.isLast };
  const outcome = readString(input.bytes, range, input.encoding, found);
  if (outcome === 'string') {
    reading.at = found.end;
    return undefined;
  }
  reading.at = found.end;
  return outcome;
};

const readKey = (reading: Reading): JsonOutcome | undefined => {
  const outcome = readText(reading);
  if (outcome !== undefined) return outcome;
  const { found } = reading;
  const level = reading.levels.at(-1);
  if (level?.keys.has(found.text) === true) found.hasDuplicate = true;
  level?.keys.add(found.text);
  if (reading.arrayLevel < 0) reading.name = (level?.prefix ?? '') + found.text;
  reading.state = 'colon';
  return undefined;
};

const readValue = (reading: Reading, byte: number): JsonOutcome | undefined => {
  if (byte === 0x7b) return open(reading, false);
  if (byte === 0x5b) return open(reading, true);
  let value: string | null;
  if (byte === 0x22) {
    const outcome = readText(reading);
    if (outcome !== undefined) return outcome;
    value = reading.found.text;
  } else {
    const text = readScalar(reading);
    if (text === undefined) return 'more';
    if (text === null) return 'invalid';
    reading.at += text.length;
    value = text === 'null' ? null : text;
  }
  if (reading.levels.length > 0 && reading.arrayLevel < 0) emit(reading, value);
  reading.state = 'after';
  return undefined;
};

const step = (reading: Reading, byte: number): JsonOutcome | undefined => {
  const { state } = reading;
  switch (state) {
    case 'value-or-end':
      return byte === 0x5d ? close(reading, true) : readValue(reading, byte);
    case 'value':
      return readValue(reading, byte);
    case 'key-or-end':
      if (byte === 0x7d) return close(reading, false);
      return byte === 0x22 ? readKey(reading) : 'invalid';
    case 'key':
      return byte === 0x22 ? readKey(reading) : 'invalid';
    case 'colon':
      if (byte !== 0x3a) return 'invalid';
      reading.at += 1;
      reading.state = 'value';
      return undefined;
    case 'after':
      if (byte === 0x5d) return close(reading, true);
      if (byte === 0x7d) return close(reading, false);
      if (byte !== 0x2c) return 'invalid';
      reading.at += 1;
      reading.state = reading.levels.at(-1)?.isArray === true ? 'value' : 'key';
      return undefined;
    default:
      return state satisfies never;
  }
};

/** Reads the value that begins at `from` (no blank before it) after RFC 8259, without recursion. Its end is `found.end`. */
export const readJsonValue = (input: JsonBytes, from: number, found: JsonFound): JsonOutcome => {
  found.names.length = 0;
  found.values.length = 0;
  found.hasDuplicate = false;
  found.hasControl = false;
  found.isUndecodable = false;
  found.isObject = false;
  const reading: Reading = {
    input,
    found,
    levels: [],
    emitted: new Set(),
    state: 'value',
    at: from,
    name: '',
    arrayLevel: -1,
    arrayStart: 0,
  };
  const { bytes, end } = input;
  for (;;) {
    while (reading.at < end && isBlankByte(bytes[reading.at])) reading.at += 1;
    const outcome =
      reading.at < end
        ? step(reading, bytes[reading.at] ?? 0)
        : input.isLast
          ? 'invalid'
          : ('more' as const);
    if (outcome === undefined && reading.state === 'after' && reading.levels.length === 0) {
      found.end = reading.at;
      return 'value';
    }
    if (outcome !== undefined) {
      found.end = reading.at;
      return outcome;
    }
  }
};
