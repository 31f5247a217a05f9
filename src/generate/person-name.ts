import { type NameList, nameLists } from './name-lists.ts';
import { pick, type RandomStream } from './random-stream.ts';

const chooseList = (random: RandomStream): NameList => {
  let left = random.below(100);
  for (const list of nameLists) {
    if (left < list.share) return list;
    left -= list.share;
  }
  return pick(nameLists, random);
};

/** A made-up full name; about 1 in 200 needs quotes in CSV (a comma, or a nickname in quotes). */
export const makeName = (random: RandomStream): string => {
  const list = chooseList(random);
  const given = pick(list.given, random);
  const family =
    list.language === 'Spanish'
      ? `${pick(list.family, random)} ${pick(list.family, random)}`
      : pick(list.family, random);
  const rare = random.below(400);
  switch (list.order) {
    case 'family first':
      return `${family} ${given}`;
    case 'joined':
      return `${family}${given}`;
    case 'given first':
      if (rare === 0) return `${given} ${family}, Jr.`;
      return rare === 1 ? `${given} "${given.slice(0, 2)}" ${family}` : `${given} ${family}`;
    default:
      return list.order satisfies never;
  }
};

const latin: Readonly<Record<string, string>> = {
  ł: 'l',
  đ: 'd',
  ı: 'i',
  ß: 'ss',
  ø: 'o',
};

const domains = ['students.example.org', 'mail.example.org', 'example.net', 'example.com'] as const;

/** An address under a domain that is reserved for examples (RFC 2606); the number makes it unique. */
export const makeEmail = (name: string, number: number, random: RandomStream): string => {
  const words = name
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[łđıßø]/g, (letter) => latin[letter] ?? '')
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
  const local = words.length === 0 ? 'student' : `${words[0]}.${words.at(-1)}`;
  return `${local}${number}@${pick(domains, random)}`;
};
