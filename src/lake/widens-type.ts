/** Decimal digits that every value of an integer type fits in. */
const integerDigits: Readonly<Record<string, number>> = {
  TINYINT: 3,
  UTINYINT: 3,
  SMALLINT: 5,
  USMALLINT: 5,
  INTEGER: 10,
  UINTEGER: 10,
  BIGINT: 19,
  UBIGINT: 20,
};

/** Smallest and largest power of two that an integer type holds: [signed bits, unsigned bits]. */
const integerBits: Readonly<Record<string, { readonly signed: boolean; readonly bits: number }>> = {
  TINYINT: { signed: true, bits: 7 },
  UTINYINT: { signed: false, bits: 8 },
  SMALLINT: { signed: true, bits: 15 },
  USMALLINT: { signed: false, bits: 16 },
  INTEGER: { signed: true, bits: 31 },
  UINTEGER: { signed: false, bits: 32 },
  BIGINT: { signed: true, bits: 63 },
  UBIGINT: { signed: false, bits: 64 },
};

const decimalOf = (type: string): { width: number; scale: number } | undefined => {
  const found = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  return found === null ? undefined : { width: Number(found[1]), scale: Number(found[2]) };
};

/**
 * True when every value of type `from` is the same value in type `to`, so that old parts can be read
 * with the new type. Types are written as the engine writes them. Text is never a widening.
 */
export const widensType = (from: string, to: string): boolean => {
  if (from === to) return true;
  const fromInteger = integerBits[from];
  const toInteger = integerBits[to];
  if (fromInteger !== undefined && toInteger !== undefined)
    return (toInteger.signed || !fromInteger.signed) && toInteger.bits >= fromInteger.bits;
  if (to === 'DOUBLE')
    return from === 'FLOAT' || (fromInteger !== undefined && fromInteger.bits <= 32);
  const target = decimalOf(to);
  if (target !== undefined) {
    const source = decimalOf(from) ?? { width: integerDigits[from] ?? Infinity, scale: 0 };
    return (
      source.scale <= target.scale && source.width - source.scale <= target.width - target.scale
    );
  }
  return from === 'DATE' && to === 'TIMESTAMP';
};
