/** A bar chart as SVG: readable in both directions of writing, in colour and without. */
import { cell } from '../../src/domain/printable';

/** XML has no place for controls, and a label turns no other round. */
const escape = (text: string): string =>
  cell(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const ROW = 26;
const LABELS = 220;
const BARS = 420;
const WIDTH = LABELS + BARS + 80;
const MOST_GRAPHEMES = 32;
const graphemes = new Intl.Segmenter();

/** Cut between what readers take for characters. */
function short(label: string): string {
  const parts = Array.from(graphemes.segment(label), ({ segment }) => segment);
  return parts.length > MOST_GRAPHEMES ? `${parts.slice(0, MOST_GRAPHEMES - 1).join('')}…` : label;
}

export interface ChartOptions {
  /** BCP 47. */
  readonly language: string;
  /** Labels on the right, bars that grow to the left. */
  readonly rightToLeft: boolean;
}

/**
 * @param bars in the order in which they stand; values of 0 or more.
 */
export function barChart(
  title: string,
  bars: readonly (readonly [label: string, value: number])[],
  { language, rightToLeft }: ChartOptions,
): string {
  const most = Math.max(1, ...bars.map(([, value]) => value));
  const height = 48 + bars.length * ROW;
  /** Where something stands that is so far from the side where reading begins. */
  const at = (distance: number): number => (rightToLeft ? WIDTH - distance : distance);
  const [before, after] = rightToLeft ? ['start', 'end'] : ['end', 'start'];
  // Anchors are physical: the letters inside are turned by what they are, not the place where the text stands.
  const text = (x: number, y: number, anchor: string | undefined, words: string, more = ''): string =>
    `<text x="${x}" y="${y}" text-anchor="${anchor ?? 'start'}" direction="ltr" unicode-bidi="plaintext"${more}>${escape(words)}</text>`;
  const rows = bars.map(([label, value], i) => {
    const y = 40 + i * ROW;
    const width = Math.round((value / most) * BARS);
    const number = value.toLocaleString(language);
    const tip = `<title>${escape(label)}: ${number}</title>`;
    const bar = `<rect x="${rightToLeft ? at(LABELS + width) : LABELS}" y="${y}" width="${width}" height="18" fill="#2f5d8a">${tip}</rect>`;
    return `${text(at(LABELS - 8), y + 14, before, short(label))}${bar}${text(at(LABELS + width + 6), y + 14, after, number)}`;
  });
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  const named = `role="img" aria-label="${escape(title)}" xml:lang="${language}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${named} font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>${text(at(8), 24, after, title, ' font-size="16"')}${rows.join('')}</svg>\n`;
}
