import { depthLimit, isBlankByte } from './scan-json-value.ts';

/** An array of objects, or an empty one, that is a member of the file's one object (or of objects in it). */
export type ArrayPlace = {
  /** Member names joined with dots. */
  readonly path: string;
  readonly isEmpty: boolean;
  readonly mark: TextMark;
  readonly depth: number;
};

/** Byte offset and physical line behind the bracket. */
export type TextMark = { readonly offset: number; readonly line: number };

export type JsonShape =
  | { readonly kind: 'empty' }
  | { readonly kind: 'array'; readonly mark: TextMark }
  /** Values one after another, or one object that holds no array of objects. */
  | { readonly kind: 'sequence' }
  | {
      readonly kind: 'object';
      readonly arrays: readonly ArrayPlace[];
      /** False when the object is cut off or its brackets do not match. */
      readonly isClosed: boolean;
      readonly members: number;
    };

export type ShapeScan = {
  readonly push: (chunk: Uint8Array) => void;
  readonly finish: () => JsonShape;
};

type Level = { readonly isArray: boolean; readonly path: string };

type Shape = {
  offset: number;
  line: number;
  wasReturn: boolean;
  isString: boolean;
  isEscaped: boolean;
  /** Bytes of the member name that is being read, while it matters. */
  key: number[] | undefined;
  name: string;
  isKeyNext: boolean;
  members: number;
  /** Arrays open (their members' names do not matter). */
  arraysOpen: number;
  pending: { readonly path: string; readonly mark: TextMark; readonly depth: number } | undefined;
  readonly levels: Level[];
  readonly arrays: ArrayPlace[];
  result: JsonShape['kind'] | 'damaged' | undefined;
  isComplete: boolean;
  mark: TextMark | undefined;
};

const keyLimitBytes = 1024;

const open = (shape: Shape, isArray: boolean): void => {
  const { levels } = shape;
  const parent = levels.at(-1);
  const path =
    parent === undefined ? '' : parent.path === '' ? shape.name : `${parent.path}.${shape.name}`;
  if (isArray) {
    if (shape.arraysOpen === 0) {
      const mark = { offset: shape.offset + 1, line: shape.line };
      shape.pending = { path, mark, depth: levels.length + 1 };
    }
    shape.arraysOpen += 1;
  }
  levels.push({ isArray, path });
  shape.isKeyNext = !isArray;
  if (levels.length > depthLimit) shape.result = 'damaged'; // the record scan says so, with its line
};

const close = (shape: Shape, isArray: boolean): void => {
  const level = shape.levels.pop();
  if (level?.isArray !== isArray) {
    shape.result = 'damaged';
    return;
  }
  if (isArray) shape.arraysOpen -= 1;
  shape.isKeyNext = false;
  if (shape.levels.length === 0) shape.isComplete = true;
};

/** A byte outside strings that is no white space, once the first object is open. */
const take = (shape: Shape, byte: number): void => {
  if (shape.isComplete) {
    shape.result = 'sequence'; // a second value: the first is a record
    return;
  }
  const { pending } = shape;
  if (pending !== undefined) {
    shape.pending = undefined;
    if (byte === 0x7b || byte === 0x5d) shape.arrays.push({ ...pending, isEmpty: byte === 0x5d });
  }
  switch (byte) {
    case 0x22:
      shape.isString = true;
      if (shape.isKeyNext && shape.arraysOpen === 0) {
        shape.key = [];
        if (shape.levels.length === 1) shape.members += 1;
      }
      break;
    case 0x7b:
      open(shape, false);
      break;
    case 0x5b:
      open(shape, true);
      break;
    case 0x7d:
      close(shape, false);
      break;
    case 0x5d:
      close(shape, true);
      break;
    case 0x3a:
      shape.isKeyNext = false;
      break;
    case 0x2c:
      shape.isKeyNext = shape.levels.at(-1)?.isArray === false;
      break;
    default:
      break;
  }
};

const takeInString = (shape: Shape, byte: number): void => {
  if (shape.isEscaped) shape.isEscaped = false;
  else if (byte === 0x5c) shape.isEscaped = true;
  else if (byte === 0x22 || byte === 0x0a) {
    // No string goes over a line: a raw break ends a broken one.
    shape.isString = false;
    if (shape.key !== undefined) shape.name = Buffer.from(shape.key).toString('utf8');
    shape.key = undefined;
    return;
  }
  if (shape.key !== undefined && shape.key.length < keyLimitBytes) shape.key.push(byte);
};

const begin = (shape: Shape, byte: number, isLines: boolean): void => {
  if (byte === 0x5b) {
    shape.mark = { offset: shape.offset + 1, line: shape.line };
    shape.result = 'array';
  } else if (byte === 0x7b && !isLines) open(shape, false);
  else shape.result = 'sequence';
};

const finishShape = (shape: Shape): JsonShape => {
  const { result, arrays, isComplete, members, mark } = shape;
  if (result === 'array' && mark !== undefined) return { kind: 'array', mark };
  if (result === 'sequence') return { kind: 'sequence' };
  if (result === undefined && shape.levels.length === 0 && !isComplete) return { kind: 'empty' };
  return { kind: 'object', arrays, isClosed: isComplete && result === undefined, members };
};

/**
 * Finds, chunk by chunk from offset `start` on, where the records of a JSON text are. Ends early for an array and for a sequence;
 * `isLines` says that the name promises JSON lines. It never fails: what is broken is the record scan's finding.
 */
export const scanJsonShape = (start: number, isLines: boolean): ShapeScan => {
  const shape: Shape = {
    offset: start,
    line: 1,
    wasReturn: false,
    isString: false,
    isEscaped: false,
    key: undefined,
    name: '',
    isKeyNext: false,
    members: 0,
    arraysOpen: 0,
    pending: undefined,
    levels: [],
    arrays: [],
    result: undefined,
    isComplete: false,
    mark: undefined,
  };
  const push = (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length && shape.result === undefined; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === 0x0a ? !shape.wasReturn : byte === 0x0d) shape.line += 1;
      shape.wasReturn = byte === 0x0d;
      if (shape.isString) takeInString(shape, byte);
      else if (!isBlankByte(byte)) {
        if (shape.levels.length === 0 && !shape.isComplete) begin(shape, byte, isLines);
        else take(shape, byte);
      }
      shape.offset += 1;
    }
  };
  return { push, finish: () => finishShape(shape) };
};
