import type { JsonPlace, SetAside } from './scan.ts';
import type { ArrayPlace, JsonShape, TextMark } from './scan-json-shape.ts';

/** Where the record scan begins. `member`: in an array of the file's one object. */
export type JsonStart = {
  readonly kind: 'top' | 'member';
  readonly place: JsonPlace;
  readonly mark: TextMark;
  /** Whether the brackets of the object around match to its end. */
  readonly isClosed: boolean;
};

const inMember = (array: ArrayPlace, isClosed: boolean): JsonStart => ({
  kind: 'member',
  place: { kind: 'array', depth: array.depth },
  mark: array.mark,
  isClosed,
});

const aside = (reason: SetAside['reason'], detail: string): SetAside => ({
  kind: 'set_aside',
  reason,
  detail,
});

/**
 * Chooses where the records are: the array, the sequence, or the one array of objects inside the object. An empty array counts
 * only when it is the object's single member (or is named by `records`): else the object itself is the record, so that no
 * record disappears silently.
 */
export const chooseStart = (
  shape: JsonShape,
  start: number,
  records: string | undefined,
): JsonStart | SetAside => {
  const sequence: JsonStart = {
    kind: 'top',
    place: { kind: 'sequence', depth: 0 },
    mark: { offset: start, line: 1 },
    isClosed: true,
  };
  switch (shape.kind) {
    case 'empty':
      return aside('file_empty', 'The file holds no record.');
    case 'array':
      return {
        kind: 'top',
        place: { kind: 'array', depth: 1 },
        mark: shape.mark,
        isClosed: true,
      };
    case 'sequence':
      return sequence;
    case 'object':
      break;
    default:
      return shape satisfies never;
  }
  const { arrays, isClosed } = shape;
  if (records !== undefined) {
    const named = arrays.find((array) => array.path === records);
    if (named !== undefined) return inMember(named, isClosed);
    return aside('json_records', `The object holds no array of records at ${records}.`);
  }
  const filled = arrays.filter((array) => !array.isEmpty);
  if (filled.length > 1) {
    const paths = filled.slice(0, 10).map((array) => array.path);
    return aside(
      'json_records',
      `The object holds several arrays of records: ${paths.join(', ')}.`,
    );
  }
  const only = filled[0] ?? (shape.members === 1 ? arrays[0] : undefined);
  return only === undefined ? sequence : inMember(only, isClosed);
};
