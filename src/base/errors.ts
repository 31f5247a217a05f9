/** Where in a user's file a problem is; line and column count from 1. */
export type Place = {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
};

/** What an error means for the caller: it decides the exit code (data 1, usage 2, technical 3, locked 4). */
export type ErrorKind = 'data' | 'usage' | 'technical' | 'locked';

type Sentence<F> = { readonly kind: ErrorKind; readonly say: (facts: F) => string };
type Facts = Readonly<Record<string, unknown>>;

const wrapper =
  (kind: ErrorKind) =>
  <F>(say: (facts: F) => string): Sentence<F> => ({ kind, say });

/** The four wrappers of a room's error table: the kind sets the exit code. */
export const data = wrapper('data');
export const usage = wrapper('usage');
export const technical = wrapper('technical');
export const locked = wrapper('locked');

export type ErrorDetail = {
  readonly place?: Place | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
};

/** The only error class. Its facts are names, rules and counts, never the value of a cell. */
export class PipelineError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly facts: Facts;
  readonly place: Place | undefined;
  readonly hint: string | undefined;

  constructor(code: string, kind: ErrorKind, message: string, facts: Facts, detail: ErrorDetail) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'PipelineError';
    this.code = code;
    this.kind = kind;
    this.facts = facts;
    this.place = detail.place;
    this.hint = detail.hint;
  }
}

/**
 * Makes the error `code` of a room's table. The code types the facts.
 * `throw pipelineError(lakeErrors, 'lake.part-cut', { part }, { hint })`
 */
export const pipelineError = <
  T extends Readonly<Record<string, Sentence<never>>>,
  C extends keyof T & string,
>(
  table: T,
  code: C,
  facts: T[C] extends Sentence<infer F> ? F : never,
  detail: ErrorDetail = {},
): PipelineError => {
  const sentence = table[code] as Sentence<unknown>;
  return new PipelineError(code, sentence.kind, sentence.say(facts), facts as Facts, detail);
};

/** What compiling returns: the value, or every problem found, sorted by place. */
export type Compiled<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'problems'; readonly problems: readonly PipelineError[] };

const placeKey = (error: PipelineError): string =>
  `${error.place?.file ?? ''}\u0000${String(error.place?.line ?? 0).padStart(9, '0')}\u0000${String(error.place?.column ?? 0).padStart(9, '0')}`;

/** Wraps problems in the order of their places. */
export const problems = (
  found: readonly PipelineError[],
): { readonly kind: 'problems'; readonly problems: readonly PipelineError[] } => ({
  kind: 'problems',
  problems: [...found].sort((a, b) => (placeKey(a) < placeKey(b) ? -1 : 1)),
});
