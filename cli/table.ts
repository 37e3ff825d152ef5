import { fitted, type Paint, printable, type Style, widthOf } from './screen.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style | undefined;
  readonly align?: 'right';
  /** How narrow it may get where not all fits; without it, it keeps its width. */
  readonly minColumns?: number;
}

const GAP = '  ';

/** Lays rows out in columns; where they do not fit, those that may be narrower are cut, the widest first. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string[] {
  const shown = columns.filter(({ text }) => rows.some((row) => text(row) !== ''));
  const texts = rows.map((row) => shown.map(({ text }) => printable(text(row)).replaceAll(/\s+/g, ' ')));
  const widths = fittingWidths(
    shown.map(({ title, minColumns }, index) => {
      const widest = Math.max(widthOf(title), ...texts.map((row) => widthOf(row[index] ?? '')));
      return { widest, least: minColumns === undefined ? widest : Math.min(minColumns, widest) };
    }),
    width,
  );
  const lineOf = (cells: readonly string[], styleOf: (column: Column<Row>) => Style | undefined) =>
    shown
      .map((column, index) => {
        const columnWidth = widths[index] ?? 0;
        const text = fitted(cells[index] ?? '', columnWidth);
        const space = ' '.repeat(columnWidth - widthOf(text));
        const style = styleOf(column);
        const painted = style === undefined || text === '' ? text : paint(style, text);
        if (column.align === 'right') return space + painted;
        return index === shown.length - 1 ? painted : painted + space;
      })
      .join(GAP)
      .trimEnd();
  const heading = lineOf(
    shown.map(({ title }) => title),
    () => 'bold',
  );
  return [heading, ...rows.map((row, index) => lineOf(texts[index] ?? [], ({ style }) => style?.(row)))];
}

function fittingWidths(
  columns: readonly { readonly widest: number; readonly least: number }[],
  width: number,
): number[] {
  const widths = columns.map(({ widest }) => widest);
  const available = width - GAP.length * (columns.length - 1);
  let excess = widths.reduce((sum, one) => sum + one, 0) - available;
  while (excess > 0 && Number.isFinite(excess)) {
    const [index] = [...widths.keys()]
      .filter((one) => (widths[one] ?? 0) > (columns[one]?.least ?? 0))
      .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (index === undefined) break;
    widths[index] = (widths[index] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
