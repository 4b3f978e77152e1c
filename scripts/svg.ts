/** A bar chart as SVG: readable in both directions of writing, in colour and without. */

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const ROW = 26;
const LABELS = 220;
const BARS = 420;

/** @param bars in the order in which they stand; values of 0 or more. */
export function barChart(title: string, bars: readonly (readonly [label: string, value: number])[]): string {
  const most = Math.max(1, ...bars.map(([, value]) => value));
  const height = 48 + bars.length * ROW;
  const rows = bars.map(([label, value], i) => {
    const y = 40 + i * ROW;
    const width = Math.round((value / most) * BARS);
    const short = label.length > 32 ? `${label.slice(0, 31)}…` : label;
    return `<text x="${LABELS - 8}" y="${y + 14}" text-anchor="end" direction="ltr" unicode-bidi="plaintext">${escape(short)}</text><rect x="${LABELS}" y="${y}" width="${width}" height="18" fill="#2f5d8a"><title>${escape(label)}: ${value}</title></rect><text x="${LABELS + width + 6}" y="${y + 14}">${value}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LABELS + BARS + 80}" height="${height}" role="img" aria-label="${escape(title)}" font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/><text x="8" y="24" font-size="16">${escape(title)}</text>${rows.join('')}</svg>\n`;
}
