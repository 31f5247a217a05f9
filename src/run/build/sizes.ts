/** Numbers of rows from which relations are treated in another way; what comes out is the same. */
export type Sizes = {
  /** A relation of at most so many rows is written whole: one part, and no rows looked for in others. */
  readonly few: number;
  /** One of at most so many rows that is built whole is compared with what it was, so that its changes are known. */
  readonly compared: number;
  /** One of more rows is not built in memory, and read by its parts. */
  readonly many: number;
};

export const usualSizes: Sizes = { few: 100_000, compared: 100_000, many: 1_000_000 };
