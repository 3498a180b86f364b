import type { Row } from './benchmark.ts';

const header = ['Measurement', 'Ratio', 'Figure', 'Note'];

/** The rows as text, in columns: those with a ratio first, as they hold on other machines too. */
export function formatTable(rows: readonly Row[]): string {
  const ordered = [
    ...rows.filter(({ ratio }) => ratio !== undefined),
    ...rows.filter(({ ratio }) => ratio === undefined),
  ];
  const cells = [
    header,
    ...ordered.map((row) => [row.what, row.ratio?.toFixed(2) ?? '', row.figure ?? '', row.note ?? '']),
  ];
  const widths = header.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return `${[lines[0], rule, ...lines.slice(1)].join('\n')}\n`;
}
