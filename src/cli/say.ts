/** A path as people name it: without the drop zone. */
export const shortPath = (path: string): string => path.replace(/^data\/raw\//, '');

/** How long ago a moment was: `12 s ago`, `2 h ago`, `9 days ago`. */
export const ago = (moment: string, now: Date): string => {
  const seconds = Math.max(0, Math.round((now.getTime() - new Date(moment).getTime()) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
};
