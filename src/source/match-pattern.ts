const special = /[.+^$()|\\\]]/;

/** Closing bracket of a set that begins at `from`, or -1. A `]` right after `[` or `[!` is a member. */
const setEnd = (pattern: string, from: number): number => {
  const first = pattern[from + 1] === '!' ? from + 3 : from + 2;
  return pattern.indexOf(']', first);
};

const setSource = (body: string): string => {
  const isNegated = body.startsWith('!');
  const members = (isNegated ? body.slice(1) : body).replace(/[\\\]^[]/g, '\\$&');
  // A slash divides folders: no set may match it.
  return isNegated ? `[^/${members}]` : `(?!/)[${members}]`;
};

const starSource = (pattern: string, at: number): { source: string; next: number } => {
  if (pattern[at + 1] !== '*') return { source: '[^/]*', next: at + 1 };
  return pattern[at + 2] === '/'
    ? { source: '(?:[^/]+/)*', next: at + 3 }
    : { source: '.*', next: at + 2 };
};

const toSource = (pattern: string): string => {
  let source = '';
  let braces = 0;
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at] ?? '';
    if (char === '*') {
      const star = starSource(pattern, at);
      source += star.source;
      at = star.next;
      continue;
    }
    const end = char === '[' ? setEnd(pattern, at) : -1;
    if (end > 0) {
      source += setSource(pattern.slice(at + 1, end));
      at = end + 1;
      continue;
    }
    if (char === '?') source += '[^/]';
    else if (char === '{' && pattern.indexOf('}', at) > 0) {
      source += '(?:';
      braces += 1;
    } else if (char === '}' && braces > 0) {
      source += ')';
      braces -= 1;
    } else if (char === ',' && braces > 0) source += '|';
    else source += special.test(char) || char === '[' || char === '{' ? `\\${char}` : char;
    at += 1;
  }
  return source + ')'.repeat(braces);
};

/**
 * True when a path with `/` fits a pattern: `*` and `?` within a folder, `**` over folders, `[a-z]`, `[!a-z]`, `{a,b}`.
 * Own, because `path.matchesGlob` warns that it is experimental in Node 20. Case counts.
 */
export const isMatch = (path: string, pattern: string): boolean =>
  new RegExp(`^${toSource(pattern)}$`, 's').test(path);
