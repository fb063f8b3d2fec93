import type { Cell } from './cells.ts';

const WIDTH = 760;
const HEIGHT = 400;
const MARGIN = { left: 56, right: 190, top: 40, bottom: 48 } as const;
/** Colours that the colour-blind can tell apart (Okabe and Ito 2008). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d31', '#666666', '#000000'];

/** Score over ratio, a line for each arm with its 95 % intervals; arms without a ratio are dashed lines. No fonts, no scripts. */
export function scoreChart(title: string, cells: readonly Cell[]): string {
  const arms = [...new Set(cells.map((c) => c.arm))];
  const ratios = [...new Set(cells.flatMap((c) => c.ratio ?? []))].sort((a, b) => a - b);
  const [first, last] = [Math.log2(ratios[0] ?? 1), Math.log2(ratios.at(-1) ?? 2)];
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const x = (ratio: number): number =>
    MARGIN.left + (last === first ? inner.width / 2 : ((Math.log2(ratio) - first) / (last - first)) * inner.width);
  const y = (score: number): number => MARGIN.top + (1 - score) * inner.height;
  const parts: string[] = [];
  for (let tick = 0; tick <= 10; tick += 2) {
    parts.push(line(MARGIN.left, y(tick / 10), WIDTH - MARGIN.right, y(tick / 10), '#dddddd'));
    parts.push(text(MARGIN.left - 8, y(tick / 10) + 4, `${tick * 10} %`, 'end'));
  }
  for (const ratio of ratios) parts.push(text(x(ratio), HEIGHT - MARGIN.bottom + 18, `${ratio}x`, 'middle'));
  parts.push(text(MARGIN.left + inner.width / 2, HEIGHT - 10, 'source tokens for each kept position', 'middle'));
  parts.push(text(MARGIN.left, 22, title, 'start', 'bold'));
  arms.forEach((arm, i) => {
    const colour = colours[i % colours.length]!;
    const dash = i >= colours.length ? '2 3' : '';
    const own = cells.filter((c) => c.arm === arm && c.questions > c.unable);
    const flat = own.find((c) => c.ratio === null);
    if (flat)
      parts.push(line(MARGIN.left, y(flat.score.mean), WIDTH - MARGIN.right, y(flat.score.mean), colour, '6 4'));
    const points = own.filter((c) => c.ratio !== null).sort((a, b) => a.ratio! - b.ratio!);
    // A few pixels apart, so that intervals do not hide each other.
    const shift = (i - arms.length / 2) * 2.5;
    if (points.length > 1) {
      const path = points.map((c) => `${(x(c.ratio!) + shift).toFixed(1)},${y(c.score.mean).toFixed(1)}`).join(' ');
      parts.push(
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      );
    }
    for (const { ratio, score } of points) {
      parts.push(line(x(ratio!) + shift, y(score.low), x(ratio!) + shift, y(score.high), colour));
      parts.push(
        `<circle cx="${(x(ratio!) + shift).toFixed(1)}" cy="${y(score.mean).toFixed(1)}" r="3.5" fill="${colour}"/>`,
      );
    }
    const top = MARGIN.top + 18 * i;
    const left = WIDTH - MARGIN.right + 16;
    parts.push(line(left, top, left + 22, top, colour, flat ? '6 4' : dash));
    parts.push(text(left + 30, top + 4, own.length > 0 ? arm : `${arm} (does not fit)`, 'start'));
  });
  const style = 'font-family="sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}" ${style}>\n<rect width="100%" height="100%" fill="#ffffff"/>\n${parts.join('\n')}\n</svg>\n`;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, dash = ''): string {
  const at = [x1, y1, x2, y2].map((v) => v.toFixed(1));
  return `<line x1="${at[0]!}" y1="${at[1]!}" x2="${at[2]!}" y2="${at[3]!}" stroke="${colour}" stroke-width="1.5"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`;
}

function text(x: number, y: number, said: string, anchor: string, weight = 'normal'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-weight="${weight}" fill="#222222">${escaped(said)}</text>`;
}

const escaped = (said: string): string =>
  said.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
