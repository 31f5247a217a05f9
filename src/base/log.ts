/** One line of the debug log: names, rules and counts; never the value of a cell. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type Log = {
  readonly debug: (event: string, facts?: LogFacts) => void;
};

export const silentLog: Log = { debug: () => undefined };
